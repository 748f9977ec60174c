import { describe, expect, test } from 'vitest';
import { describeDelivery, printNight } from '../../src/cli/night-table.ts';
import { archivedTable, failedTable, nightResult } from '../mail/night-results.ts';

describe('a night as a table', () => {
  test('has a line for every table, with snapshot id and metadata version, and sums them up', () => {
    const tables = [
      archivedTable(0, { name: 'orders', rows: 1_234, bytes: 4_560_000, seconds: 1.25, snapshotId: '42' }),
      archivedTable(1, { name: 'x', rows: 1, bytes: 0, seconds: 0 }),
    ];
    expect(printNight(nightResult({ tables })).split('\n')).toEqual([
      'table           rows    bytes  seconds          snapshot id  metadata',
      '─────────────  ─────  ───────  ───────  ───────────────────  ────────',
      'public.orders  1,234  4.56 MB      1.3                   42      v300',
      'public.x           1      0 B      0.0  7312889120334551001      v301',
      '',
      'night 2026-11-20 of navigator: 2 of 2 tables archived, 1,235 rows, 4.56 MB, 580.8 s',
    ]);
  });

  test('says what a table is called in the lake, where nobody would guess it', () => {
    const tables = [
      archivedTable(0, { schema: 'crm', name: 'leads', lakeTable: 'crm.leads' }),
      archivedTable(1, { name: 'Empty Table', lakeTable: 'empty_table-1a2b3c4d' }),
    ];
    const lines = printNight(nightResult({ tables })).split('\n');
    expect(lines.filter((line) => line.endsWith(' in the lake'))).toEqual([
      '· public.Empty Table: empty_table-1a2b3c4d in the lake',
    ]);
  });

  test('names what was not archived, why, and the cure', () => {
    const text = printNight(
      nightResult({ tables: [archivedTable(0), failedTable()], missing: ['public.gone'] }),
    );
    expect(text).toMatch(/^public\.orders +NOT ARCHIVED +table-changed$/m);
    expect(text).toContain(
      '✗ public.orders: the table was truncated between the snapshot and the lock → Run the night again',
    );
    expect(text).toContain('✗ public.gone: not in the source');
    expect(text).toContain('1 of 3 tables archived');
  });

  test('says a reason once for all tables that share it', () => {
    const lost = { code: 'snapshot-lost', message: 'the snapshot was lost', cure: 'again' };
    const tables = ['a', 'b', 'c'].map((name) => failedTable(name === 'b' ? { name } : { ...lost, name }));
    const lines = printNight(nightResult({ tables })).split('\n');
    expect(lines.filter((line) => line.startsWith('✗'))).toEqual([
      '✗ public.a, public.c: the snapshot was lost → again',
      expect.stringMatching(/^✗ public\.b: the table was truncated/),
    ]);
  });

  test('says why there is none where the night got no plan', () => {
    const failure = { code: 'source-unreachable', message: 'the source does not answer', cure: 'Start it.' };
    const lines = printNight(nightResult({ tables: [], source: '', lake: '', failure })).split('\n');
    expect(lines).toContain('✗ the whole night: the source does not answer → Start it.');
    expect(lines.at(-1)).toMatch(/^night 2026-11-20 of navigator: nothing was archived/);
  });

  test('says what else must not be missed', () => {
    const [group] = nightResult().consistencyGroups;
    const text = printNight(
      nightResult({
        late: true,
        tables: [
          archivedTable(0, {
            schemaChanges: ['column a was renamed to b'],
            specialValues: [{ column: 'valid_until', cells: 1_200, companion: 'valid_until__raw' }],
          }),
        ],
        excluded: [{ schema: 'public', name: 'cache', rule: 'it is made anew every day' }],
        consistencyGroups: group === undefined ? [] : [group, { ...group, letter: 'B' }],
      }),
    );
    expect(text.split('\n').slice(3, -2)).toEqual([
      '',
      '· public.table_0: column a was renamed to b',
      '· public.table_0: 1,200 values of valid_until kept as text in valid_until__raw',
      '· the night was read under 2 Postgres snapshots',
      '· recorded late: the tables hold the state of 2026-11-20 02:00:00 UTC, not of 2026-11-20',
      '· public.cache left out: it is made anew every day',
    ]);
  });
});

test('where the report went is one line', () => {
  expect(describeDelivery({ kind: 'written', files: ['/m/a.eml', '/m/a.html'] })).toBe(
    'e-mail written: /m/a.eml  /m/a.html',
  );
  expect(
    describeDelivery({ kind: 'sent', to: ['a@x.org', 'b@x.org'], refused: [], messageId: '<1@x>' }),
  ).toBe('e-mail sent to a@x.org, b@x.org');
});
