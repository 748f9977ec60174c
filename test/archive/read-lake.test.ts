import { describe, expect, test } from 'vitest';
import { describeHistory, listLakeTables, loadLakeTable, pathOf } from '../../src/archive/read-lake.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { FileCatalog } from '../../src/catalog/file-catalog.ts';
import { MemoryLake, noContent, withNote } from './memory-lake.ts';

async function threeNights(): Promise<MemoryLake> {
  const lake = new MemoryLake();
  await lake.commit('2026-11-20', { rows: 10n });
  const changed = { ...noContent, schemaChanges: ['column note (text) was added'] };
  await lake.commit('2026-11-22', { rows: 5n, schema: withNote, content: changed });
  await lake.commit('2026-11-20', { rows: 7n, runId: 'run-2' });
  return lake;
}

describe('the list of tables', () => {
  test('tells nights, the newest of them and all together', async () => {
    const lake = await threeNights();
    const loaded = await loadLakeTable(lake.catalog, 'orders');
    expect(await listLakeTables(lake.catalog)).toEqual([
      {
        name: 'orders',
        source: 'public.orders',
        nights: 2,
        latestNight: '2026-11-22',
        latestRows: 5,
        latestBytes: 40,
        totalRows: 12,
        totalBytes: 96,
        snapshotId: String(loaded.metadata['current-snapshot-id']),
        metadataVersion: 3,
        metadataLocation: `${lake.store.rootUri}/iceberg/orders/metadata/v3.metadata.json`,
      },
    ]);
  });

  test('counts of a night that was done again only what it holds now', async () => {
    const lake = new MemoryLake();
    await lake.commit('2026-11-20', { rows: 10n });
    await lake.commit('2026-11-20', { rows: 7n, runId: 'run-2' });
    expect(await listLakeTables(lake.catalog)).toMatchObject([{ nights: 1, latestRows: 7, totalRows: 7 }]);
  });

  test('of an empty lake is empty, and a table that is asked for says so', async () => {
    const catalog = new FileCatalog(createMemoryStore());
    expect(await listLakeTables(catalog)).toEqual([]);
    await expect(loadLakeTable(catalog, 'orders')).rejects.toMatchObject({
      code: 'lake-not-found',
      cure: 'the lake is empty: archive a night first',
    });
  });

  test('finds a table by its name in the source, and no file by a path', async () => {
    const { catalog } = await threeNights();
    expect((await loadLakeTable(catalog, 'public.orders')).name).toBe('orders');
    await expect(loadLakeTable(catalog, '../../orders')).rejects.toMatchObject({ code: 'lake-not-found' });
  });

  test('helps with a name that is not there', async () => {
    const { catalog } = await threeNights();
    await expect(loadLakeTable(catalog, 'order')).rejects.toMatchObject({
      code: 'lake-not-found',
      cure: 'choose one of: orders',
    });
  });
});

describe('the history of a table', () => {
  test('has every snapshot, newest first, each with the metadata version that brought it', async () => {
    const { catalog } = await threeNights();
    const history = describeHistory(await loadLakeTable(catalog, 'orders'));
    expect(history).toMatchObject([
      { night: '2026-11-20', operation: 'overwrite', rows: 7, bytes: 56, metadataVersion: 3 },
      { night: '2026-11-22', operation: 'append', rows: 5, bytes: 40, metadataVersion: 2 },
      { night: '2026-11-20', operation: 'append', rows: 10, bytes: 80, metadataVersion: 1 },
    ]);
    expect(history.map(({ schemaChanges }) => schemaChanges)).toEqual([
      [],
      ['column note (text) was added'],
      [],
    ]);
    expect(history.map(({ parentSnapshotId }) => parentSnapshotId)).toEqual([
      history[1]?.snapshotId,
      history[2]?.snapshotId,
      undefined,
    ]);
    expect(history.every(({ snapshotId }) => /^\d+$/.test(snapshotId))).toBe(true);
    expect(history.map(({ committedAt }) => committedAt)).toEqual(
      history
        .map(({ committedAt }) => committedAt)
        .toSorted()
        .toReversed(),
    );
  });

  test('names no version, rather than a wrong one, where the log no longer reaches back', async () => {
    const lake = new MemoryLake();
    const properties = { 'permafrost.source-table': 'orders', 'write.metadata.previous-versions-max': '2' };
    for (const day of ['01', '02', '03', '04', '05']) await lake.commit(`2026-11-${day}`, { properties });
    const table = await loadLakeTable(lake.catalog, 'orders');
    expect(table.metadata['metadata-log']).toHaveLength(2);
    expect(describeHistory(table).map(({ metadataVersion }) => metadataVersion)).toEqual([
      5,
      4,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('of ten years is described in no time', async () => {
    const lake = new MemoryLake();
    const { table } = await lake.commit('2026-11-20');
    const [snapshot] = table.metadata.snapshots;
    if (snapshot === undefined) throw new Error('no snapshot');
    const nights = Array.from({ length: 3_650 }, (_, index) => ({ ...snapshot, 'timestamp-ms': index }));
    const log = nights.map((night, index) => ({
      'timestamp-ms': night['timestamp-ms'],
      'metadata-file': `${lake.store.rootUri}/iceberg/orders/metadata/v${index + 1}.metadata.json`,
    }));
    const metadata = { ...table.metadata, snapshots: nights, 'metadata-log': log };
    const start = performance.now();
    const history = describeHistory({ ...table, metadata });
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(history[0]?.metadataVersion).toBe(3_650);
  });
});

test('a URI outside of the lake is refused: it was written under another address', () => {
  const store = createMemoryStore();
  expect(pathOf(store, `${store.rootUri}/iceberg/a`)).toBe('iceberg/a');
  for (const uri of ['file:///elsewhere/a', `${store.rootUri}x/a`, store.rootUri]) {
    expect(() => pathOf(store, uri)).toThrow(expect.objectContaining({ code: 'lake-foreign' }));
  }
});
