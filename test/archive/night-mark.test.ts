import { describe, expect, test } from 'vitest';
import { findMark, MARK, resultOf } from '../../src/archive/night-mark.ts';
import { MemoryLake, withNote } from './memory-lake.ts';

const content = {
  rowsHash: 'ab12',
  schemaChanges: ['column note (text) was added'],
  specialCells: [{ column: 'valid_until', cells: 3, companion: 'valid_until__raw' }],
  sequences: [{ schema: 'public', name: 'orders_id_seq', lastValue: '9223372036854775807', isCalled: true }],
  unreadSequences: ['public.other_seq'],
  warnings: ['column note is declared NOT NULL, yet 1 row holds NULL in it'],
};

async function commitThenRead(lake: MemoryLake) {
  await lake.commit('2026-11-19');
  const committed = await lake.commit('2026-11-20', { schema: withNote, content, rows: 7n });
  const input = lake.input('2026-11-20');
  return {
    input,
    first: resultOf(committed.snapshot, committed.table, input, { seconds: 1.5, alreadyCommitted: false }),
  };
}

describe('the mark of a night', () => {
  test('gives a later attempt the result of the first one, word for word', async () => {
    const lake = new MemoryLake();
    const { input, first } = await commitThenRead(lake);
    expect(first).toEqual({
      kind: 'archived',
      schema: 'public',
      name: 'orders',
      lakeTable: 'orders',
      rows: 7,
      bytes: 56,
      seconds: 1.5,
      snapshotId: expect.stringMatching(/^\d+$/),
      metadataVersion: 2,
      metadataLocation: `${lake.store.rootUri}/iceberg/orders/metadata/v2.metadata.json`,
      operation: 'append',
      consistencyGroup: 'A',
      alreadyCommitted: false,
      specialValues: content.specialCells,
      schemaChanges: content.schemaChanges,
      unreadSequences: content.unreadSequences,
      warnings: content.warnings,
    });
    const loaded = await lake.load();
    const mark = findMark(loaded, input);
    if (loaded === undefined || mark === undefined) throw new Error('the mark is gone');
    const later = resultOf(mark, loaded, input, { seconds: 0.1, alreadyCommitted: true });
    expect(later).toEqual({ ...first, seconds: 0.1, alreadyCommitted: true });
  });

  test('gives it also when other nights were committed since: its own version, not the newest', async () => {
    const lake = new MemoryLake();
    const { input, first } = await commitThenRead(lake);
    await lake.commit('2026-11-21');
    await lake.commit('2026-11-22');
    const loaded = await lake.load();
    const mark = findMark(loaded, input);
    if (loaded === undefined || mark === undefined) throw new Error('the mark is gone');
    expect(loaded.metadataVersion).toBe(4);
    expect(resultOf(mark, loaded, input, { seconds: 1.5, alreadyCommitted: false })).toEqual(first);
  });

  test('tells a night done again that it replaced what was there', async () => {
    const lake = new MemoryLake();
    await lake.commit('2026-11-20');
    const { snapshot, table } = await lake.commit('2026-11-20', { runId: 'run-2', rows: 4n });
    const input = lake.input('2026-11-20', { runId: 'run-2' });
    const outcome = { seconds: 1, alreadyCommitted: false };
    expect(resultOf(snapshot, table, input, outcome)).toMatchObject({
      operation: 'overwrite',
      rows: 4,
      bytes: 32,
    });
  });

  test('is that of the night and the run together', async () => {
    const lake = new MemoryLake();
    expect(findMark(undefined, lake.input('2026-11-20'))).toBeUndefined();
    const { snapshot } = await lake.commit('2026-11-20');
    await lake.commit('2026-11-20', { runId: 'run-2' });
    const table = await lake.load();
    expect(findMark(table, lake.input('2026-11-20'))).toEqual(snapshot);
    expect(findMark(table, lake.input('2026-11-20', { runId: 'run-3' }))).toBeUndefined();
    expect(findMark(table, lake.input('2026-11-21'))).toBeUndefined();
  });

  test('has strings only and says nothing where there is nothing to say', async () => {
    const { snapshot } = await new MemoryLake().commit('2026-11-20');
    const marks = Object.entries(snapshot.summary).filter(([key]) => key.startsWith('permafrost.'));
    expect(Object.fromEntries(marks)).toEqual({
      [MARK.night]: '2026-11-20',
      [MARK.runId]: 'run-1',
      [MARK.set]: 'adhoc',
      [MARK.consistencyGroup]: 'A',
      [MARK.sourceLsn]: '0/1A2B',
      [MARK.exportedAt]: '2026-11-20T01:00:00.000Z',
      [MARK.rowsHash]: 'ab12',
      [MARK.ddl]: 'dd1',
    });
  });
});
