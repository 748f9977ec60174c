import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { FileCatalog } from '../../src/catalog/file-catalog.ts';
import { errorCodeOf } from '../../src/errors.ts';
import type { DataFile } from '../../src/iceberg/data-file.ts';
import { readManifestList } from '../../src/iceberg/manifest-list.ts';
import { readListedManifest, readManifest } from '../../src/iceberg/manifest.ts';
import { newSnapshotId, stageSnapshot, type StagedWrite } from '../../src/iceberg/stage.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import { sampleUpdates } from '../iceberg/sample-table.ts';
import { nightFile, replaceNight } from '../iceberg/staged-lake.ts';

/** Stages one night as an archiver does, and gives the commit that is still to come. */
async function prepare(store: ObjectStore, days: number, name: string, write: StagedWrite) {
  const catalog = new FileCatalog(store);
  const loaded = await catalog.loadTable('orders');
  const location = catalog.tableLocation('orders');
  const file: DataFile = { ...nightFile(days, name), path: `${location}/data/dt=${days}/${name}.parquet` };
  const staged = await stageSnapshot({
    base: loaded?.metadata,
    changes: loaded === undefined ? sampleUpdates(location) : [],
    parentManifests: await manifestsOf(store),
    loadManifest: async (row) => readListedManifest(await store.get(pathIn(store, row.path)), row),
    write,
    dataFiles: [file],
    snapshotId: newSnapshotId(),
    commitUuid: randomUUID(),
    now: Date.now(),
    marks: { 'permafrost.night': String(days) },
  });
  for (const { path, bytes } of staged.filesToWrite) {
    expect(await store.putIfAbsent(`iceberg/orders/${path}`, bytes)).toBe('created');
  }
  return () => catalog.commit('orders', staged.requirements, staged.updates);
}

function pathIn(store: ObjectStore, uri: string): string {
  return uri.slice(store.rootUri.length + 1);
}

async function manifestsOf(store: ObjectStore) {
  const metadata = (await new FileCatalog(store).loadTable('orders'))?.metadata;
  const head = metadata?.snapshots.find((one) => one['snapshot-id'] === metadata['current-snapshot-id']);
  return head === undefined ? [] : readManifestList(await store.get(pathIn(store, head['manifest-list'])));
}

async function scan(store: ObjectStore): Promise<readonly string[]> {
  const names: string[] = [];
  for (const row of await manifestsOf(store)) {
    const { entries } = readManifest(await store.get(pathIn(store, row.path)));
    for (const { status, dataFile } of entries) {
      if (status !== 'deleted') names.push(dataFile.path.replace(/.*\/data\//, ''));
    }
  }
  return names.toSorted();
}

test('F12: of two nights planned on one base one is refused, and planned again both are there', async () => {
  const store = createMemoryStore();
  await (
    await prepare(store, 1, 'a', { kind: 'append' })
  )();
  const [one, other] = [
    await prepare(store, 2, 'b', { kind: 'append' }),
    await prepare(store, 3, 'c', { kind: 'append' }),
  ];
  await one();
  await expect(other()).rejects.toSatisfy((error) => errorCodeOf(error) === 'commit-conflict');
  expect(await scan(store)).toEqual(['dt=1/a.parquet', 'dt=2/b.parquet']);
  await (
    await prepare(store, 3, 'c', { kind: 'append' })
  )();
  expect(await scan(store)).toEqual(['dt=1/a.parquet', 'dt=2/b.parquet', 'dt=3/c.parquet']);
});

test('two creations of one table: one table, the other is refused', async () => {
  const store = createMemoryStore();
  const commits = [
    await prepare(store, 1, 'a', { kind: 'append' }),
    await prepare(store, 1, 'b', { kind: 'append' }),
  ];
  const outcomes = await Promise.allSettled(commits.map((commit) => commit()));
  expect(outcomes.map((outcome) => outcome.status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await scan(store)).toHaveLength(1);
});

test('F14: the same commit sent twice takes effect once', async () => {
  const store = createMemoryStore();
  await (
    await prepare(store, 1, 'a', { kind: 'append' })
  )();
  const commit = await prepare(store, 1, 'again', replaceNight(1));
  await commit();
  await expect(commit()).rejects.toSatisfy((error) => errorCodeOf(error) === 'commit-conflict');
  expect(await scan(store)).toEqual(['dt=1/again.parquet']);
});

test('all that a reader follows from the hint was written before the commit', async () => {
  const store = createMemoryStore();
  for (let days = 1; days <= 3; days += 1) await (await prepare(store, days, 'n', replaceNight(days)))();
  for (const row of await manifestsOf(store)) {
    expect((await store.head(pathIn(store, row.path)))?.bytes).toBe(Number(row.length));
  }
  expect(await scan(store)).toHaveLength(3);
});
