import { expect, test } from 'vitest';
import type { NightProgress } from '../../src/temporal/night-progress.ts';
import { describeNight } from '../../workflows/night-details.ts';

const empty: NightProgress = {
  night: '2026-11-20',
  set: 'shop',
  stage: 'archiving',
  consistencyGroups: [],
  tables: [],
};

test('the details name snapshot id and metadata version of each table', () => {
  const text = describeNight(
    {
      ...empty,
      consistencyGroups: [
        {
          letter: 'A',
          snapshotId: '0000001-1',
          fingerprint: '5d41402abc4b2a76b9719d911017c592',
          lsn: '0/1',
          exportedAt: '2026-11-20T01:15:00Z',
          database: 'shop',
        },
      ],
      tables: [
        {
          table: 'public.orders',
          status: 'archived',
          rows: 1_234_567,
          bytes: 2_048,
          snapshotId: '42',
          metadataVersion: 7,
          consistencyGroup: 'A',
        },
      ],
    },
    'The report was sent.',
  );
  expect(text).toContain('Group A: snapshot `0000001-1` at LSN 0/1');
  expect(text).toContain('| public.orders | archived | 1,234,567 | 2,048 | 42 | v7 | A |');
  expect(text.endsWith('The report was sent.')).toBe(true);
});

test('ten thousand tables stay readable: failures first, the rest counted', () => {
  const tables = Array.from({ length: 10_000 }, (_, index) => ({
    table: `public.t${index}`,
    status: index === 9_999 ? ('failed' as const) : ('archived' as const),
    ...(index === 9_999 ? { failure: `integrity: ${'x'.repeat(5_000)}` } : {}),
  }));
  const text = describeNight({ ...empty, tables }, '');
  expect(text.length).toBeLessThan(20_000);
  expect(text).toContain('10000 tables: 1 failed, 9999 archived');
  expect(text.indexOf('public.t9999')).toBeLessThan(text.indexOf('public.t0 '));
  expect(text).toContain('… and 9940 more tables');
});

test('a table name cannot break out of its cell', () => {
  const text = describeNight(
    { ...empty, tables: [{ table: 'public.a|b\n| c | [x](http://y)', status: 'waiting' }] },
    '',
  );
  expect(text).toContain('| public.a\\|b \\| c \\| \\[x\\](http://y) | waiting |');
});
