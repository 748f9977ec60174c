import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createProgressView, type Standing, standingOf, watchWith } from '../../src/cli/progress-view.ts';
import type { LiveNight } from '../../src/temporal/watch-night.ts';
import { archivedTable, failedTable, nightResult } from '../mail/night-results.ts';
import { plannedTable } from '../workflows/fake-archiver.ts';

const written: string[] = [];
const { isTTY, columns } = process.stderr;

beforeEach(() => {
  written.length = 0;
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
});

afterEach(() => {
  vi.restoreAllMocks();
  Object.assign(process.stderr, { isTTY, columns });
});

function pretendTerminal(width: number | undefined): void {
  Object.assign(process.stderr, { isTTY: width !== undefined, columns: width });
}

const done = { archived: true, text: '5 rows' };

function standing(changes: Partial<Standing>): Standing {
  return { planned: 3, finished: new Map(), running: new Map(), ...changes };
}

describe('where standard error is no terminal', () => {
  test('each table is told of once, when it ended, and nothing else is written', () => {
    pretendTerminal(undefined);
    const view = createProgressView();
    const running = new Map([['public.b', { stage: 'exporting', rows: 1, bytes: 2 } as const]]);
    view.show(standing({ running }));
    view.show(standing({ running, finished: new Map([['public.a', done]]) }));
    view.show(
      standing({
        finished: new Map([
          ['public.a', done],
          ['public.b', { archived: false, text: 'denied' }],
        ]),
      }),
    );
    view.end();
    expect(written).toEqual(['✓ public.a  5 rows\n', '✗ public.b  denied\n']);
  });
});

test('a table that failed and was read again is told of twice', () => {
  pretendTerminal(undefined);
  const view = createProgressView();
  view.show(standing({ finished: new Map([['public.a', { archived: false, text: 'was truncated' }]]) }));
  view.show(standing({ running: new Map() }));
  view.show(standing({ finished: new Map([['public.a', done]]) }));
  expect(written).toEqual(['✗ public.a  was truncated\n', '✓ public.a  5 rows\n']);
});

describe('on a terminal', () => {
  test('one line says what runs, is written anew each time and never wraps', () => {
    pretendTerminal(40);
    const view = createProgressView();
    const running = new Map([
      ['public.orders', { stage: 'exporting', rows: 12_345, bytes: 6_000_000 } as const],
    ]);
    view.show(standing({ running }));
    expect(written).toEqual(['\r\u001b[2K', '  0/3  public.orders exporting 12,345 r']);
    view.show(standing({ finished: new Map([['public.orders', done]]), note: 'planning' }));
    expect(written.slice(2)).toEqual(['\r\u001b[2K', '✓ public.orders  5 rows\n', '  1/3  planning']);
    view.end();
    expect(written.at(-1)).toBe('\r\u001b[2K');
  });

  test('a failure over several lines, and one longer than the terminal, stay on theirs', () => {
    pretendTerminal(30);
    createProgressView().show(standing({ note: `holdSnapshot failed:\n\u001b[31m${'x'.repeat(80)}` }));
    expect(written[1]).toBe('  0/3  holdSnapshot failed:\\n\\u001b[31mxxx'.slice(0, 29));
  });
});

test('a night in this process is told of as it goes', () => {
  pretendTerminal(undefined);
  const shown: Standing[] = [];
  const watch = watchWith({ show: (now) => shown.push(structuredClone(now)), end: () => undefined });
  const table = plannedTable('a', 2);
  const { night, set, source, lake, excluded, missing } = nightResult();
  watch.planned({ night, set, source, lake, excluded, missing, tables: [table, plannedTable('b', 1)] });
  watch.progressed(table, { stage: 'exporting', rows: 1, bytes: 2 });
  watch.finished(
    archivedTable(0, { name: 'a', rows: 1_000, bytes: 2_000, snapshotId: '42', metadataVersion: 7 }),
  );
  watch.finished(failedTable({ name: 'b', message: 'denied' }));
  watch.finished(failedTable({ name: 'c', code: 'cancelled', message: 'interrupted' }));
  expect(shown[1]?.running.get('public.a')).toEqual({ stage: 'exporting', rows: 1, bytes: 2 });
  expect(shown.at(-1)).toEqual({
    planned: 2,
    running: new Map(),
    finished: new Map([
      ['public.a', { archived: true, text: '1,000 rows  2.00 kB  snapshot 42  v7' }],
      ['public.b', { archived: false, text: 'denied' }],
    ]),
  });
});

describe('a night under Temporal', () => {
  const night: LiveNight = {
    night: '2026-11-20',
    set: 'navigator',
    stage: 'archiving',
    consistencyGroups: [],
    tables: [
      { table: 'public.a', status: 'archived', rows: 5, bytes: 10, snapshotId: '42', metadataVersion: 3 },
      { table: 'public.b', status: 'failed', failure: 'denied' },
      { table: 'public.c', status: 'running' },
      { table: 'public.d', status: 'running' },
      { table: 'public.e', status: 'waiting' },
    ],
    running: { 'public.c': { stage: 'exporting', rows: 7, bytes: 8 } },
    retrying: [],
  };

  test('tells what ended, what runs, and how far, but not what may wait in the queue', () => {
    expect(standingOf(night)).toEqual({
      planned: 5,
      finished: new Map([
        ['public.a', { archived: true, text: '5 rows  10 B  snapshot 42  v3' }],
        ['public.b', { archived: false, text: 'denied' }],
      ]),
      running: new Map([['public.c', { stage: 'exporting', rows: 7, bytes: 8 }]]),
    });
  });

  test('that is interrupted does not say so of each of its tables', () => {
    const tables = ['a', 'b'].map(
      (name) => ({ table: name, status: 'failed', failure: 'cancelled: it was cancelled' }) as const,
    );
    expect(standingOf({ ...night, tables }).finished).toEqual(new Map());
  });

  test('notes what is tried again, else the stage that is not archiving', () => {
    const retrying = [{ activity: 'hold', attempt: 2, failure: 'no answer' }];
    expect(standingOf({ ...night, retrying }).note).toBe('hold failed, attempt 2: no answer');
    expect(standingOf({ ...night, stage: 'planning' }).note).toBe('planning');
  });
});
