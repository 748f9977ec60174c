import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { NightResult, TableResult } from '../../src/archive/night.ts';
import { type NightWatcher, runNight } from '../../src/archive/run-night.ts';
import { PermafrostError } from '../../src/errors.ts';
import { FakeArchiver, type FakeSteps, untilStopped } from '../workflows/fake-archiver.ts';

class Night {
  readonly archiver: FakeArchiver;
  readonly seen: string[] = [];
  readonly stop = new AbortController();
  readonly result: Promise<NightResult>;

  constructor(steps: FakeSteps, { concurrency = 2, late = false } = {}) {
    this.archiver = new FakeArchiver(steps);
    let now = Date.parse('2026-11-20T01:00:00Z');
    this.result = runNight(
      { night: '2026-11-20', set: 'adhoc', tables: [], late },
      {
        archiver: this.archiver,
        clock: { now: () => new Date((now += 1_000)) },
        runId: 'run-1',
        concurrency,
        signal: this.stop.signal,
        watch: this.#watch(),
      },
    );
    this.result.catch(() => undefined);
  }

  #watch(): NightWatcher {
    return {
      planned: (plan) => this.seen.push(`planned ${plan.tables.length}`),
      progressed: (table, { stage }) => this.seen.push(`${stage} ${table.name}`),
      finished: (result) => this.seen.push(`${result.kind} ${result.name}`),
    };
  }
}

function outcomes(tables: readonly TableResult[]): readonly string[] {
  return tables.map((table) => `${table.name} ${table.kind === 'failed' ? table.code : 'archived'}`);
}

const seven = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

describe('a night in this process', () => {
  test('archives every table once, in the order of the plan, all under one snapshot that is closed', async () => {
    const { archiver, result } = new Night({ tables: seven }, { concurrency: 1, late: true });
    const night = await result;
    expect(archiver.events).toEqual([
      'open 00000001-1',
      ...seven.flatMap((name) => [`start ${name} A`, `end ${name}`]),
      'close 00000001-1',
    ]);
    expect(new Set(archiver.inputs.map((input) => input.snapshot.snapshotId)).size).toBe(1);
    expect(archiver.inputs[0]).toMatchObject({
      night: '2026-11-20',
      set: 'adhoc',
      runId: 'run-1',
      late: true,
    });
    expect(night).toMatchObject({
      night: '2026-11-20',
      late: true,
      source: 'shop at localhost:5432',
      lake: 'file:///lake',
      startedAt: '2026-11-20T01:00:01.000Z',
      finishedAt: '2026-11-20T01:00:02.000Z',
      consistencyGroups: [{ letter: 'A', snapshotId: '00000001-1' }],
    });
    expect(outcomes(night.tables)).toEqual(seven.map((name) => `${name} archived`));
  });

  test('keeps the window full and never exceeds it; results stand in the order of the plan', async () => {
    const { archiver, result } = new Night(
      { tables: seven, archiveTable: ({ table }) => sleep(table.name === 'a' ? 60 : 5) },
      { concurrency: 3 },
    );
    const { tables } = await result;
    expect(archiver.mostAtOnce).toBe(3);
    expect(archiver.events.indexOf('end g')).toBeLessThan(archiver.events.indexOf('end a'));
    expect(tables.map((table) => table.name)).toEqual(seven);
  });

  test('one table that fails stops no other, and is told with its cure', async () => {
    const { archiver, result, seen } = new Night({
      tables: ['a', 'b', 'c'],
      archiveTable: async ({ table }, { onProgress }) => {
        onProgress({ stage: 'exporting', rows: 1, bytes: 1 });
        if (table.name === 'b')
          throw new PermafrostError('table-changed', 'it was truncated', { cure: 'wait' });
      },
    });
    const { tables } = await result;
    expect(outcomes(tables)).toEqual(['a archived', 'b table-changed', 'c archived']);
    expect(tables[1]).toMatchObject({ message: 'it was truncated', cure: 'wait', lakeTable: 'public_b' });
    expect(archiver.openSnapshots).toBe(0);
    expect(seen).toEqual(expect.arrayContaining(['planned 3', 'exporting b', 'failed b', 'archived c']));
  });

  test('of an error that was not foreseen only the kind is told, for its message may quote a row', async () => {
    const { result } = new Night({
      tables: ['a'],
      archiveTable: () => Promise.reject(new RangeError('invalid value canary')),
    });
    const night = await result;
    expect(night.tables).toMatchObject([{ code: 'unexpected', message: 'an unforeseen RangeError' }]);
    expect(JSON.stringify(night)).not.toContain('canary');
  });
});

describe('a night that gets no plan', () => {
  test('says why, and its snapshot is closed', async () => {
    const { archiver, result } = new Night({
      planNight: () =>
        Promise.reject(new PermafrostError('source-unsuitable', 'no grant', { cure: 'grant it' })),
    });
    expect(await result).toMatchObject({
      failure: { code: 'source-unsuitable', message: 'no grant', cure: 'grant it' },
      tables: [],
      consistencyGroups: [],
      source: '',
      lake: '',
    });
    expect(archiver.events).toEqual(['open 00000001-1', 'close 00000001-1']);
  });

  test('and no snapshot says why too', async () => {
    const { archiver, result } = new Night({
      openSnapshot: () => Promise.reject(new PermafrostError('source-unreachable', 'no answer')),
    });
    expect((await result).failure).toEqual({ code: 'source-unreachable', message: 'no answer' });
    expect(archiver.events).toEqual([]);
  });
});

describe('a snapshot that is lost on the way', () => {
  test('ends the night: what runs may finish, what was not begun is not tried and says so', async () => {
    const night = new Night(
      {
        tables: ['a', 'b', 'c', 'd'],
        archiveTable: async ({ table }) => {
          if (table.name !== 'b') return;
          night.archiver.loseSnapshot();
          await sleep(5);
        },
      },
      { concurrency: 1 },
    );
    const { tables } = await night.result;
    expect(outcomes(tables)).toEqual(['a archived', 'b archived', 'c snapshot-lost', 'd snapshot-lost']);
    expect(tables[3]).toMatchObject({
      message: "not read, since the night's snapshot was lost: the session is gone",
      cure: expect.stringContaining('archive the night again'),
    });
    expect(night.archiver.events).not.toContain('start c A');
    expect(night.archiver.openSnapshots).toBe(0);
  });
});

describe('an interrupted night', () => {
  test('ends as cancelled when nothing runs any more, and begins no further table', async () => {
    const night = new Night({ tables: seven, archiveTable: (_, options) => untilStopped(options) });
    await night.archiver.happened('start b A');
    night.stop.abort();
    await expect(night.result).rejects.toMatchObject({
      code: 'cancelled',
      message: 'the night was interrupted',
    });
    expect(night.archiver.events).toEqual([
      'open 00000001-1',
      'start a A',
      'start b A',
      'end a',
      'end b',
      'close 00000001-1',
    ]);
  });

  test('before its snapshot is cancelled as well', async () => {
    const night = new Night({
      openSnapshot: async () => {
        await sleep(1);
        night.stop.abort();
        throw new Error('connection terminated');
      },
    });
    await expect(night.result).rejects.toMatchObject({ code: 'cancelled' });
  });
});
