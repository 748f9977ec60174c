import { describe, expect, test } from 'vitest';
import type { ManifestFile } from '../../src/iceberg/manifest-list.ts';
import { mergeManifests } from '../../src/iceberg/merge-manifests.ts';
import { byNight, sampleSchema } from './sample-table.ts';
import { nightFile, replaceNight, StagedLake } from './staged-lake.ts';

async function nights(count: number): Promise<StagedLake> {
  const lake = new StagedLake();
  for (let days = 1; days <= count; days += 1) await addNight(lake, days);
  return lake;
}

function addNight(lake: StagedLake, days: number, name = `n${days}`) {
  return lake.commit({ dataFiles: [nightFile(days, name)], write: replaceNight(days) });
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `dt=${i + 1}/n${i + 1}.parquet`);

describe('a hundred small manifests', () => {
  test('become one with the next night, and every file is what it was', async () => {
    const lake = await nights(100);
    const before = lake.entries().map(({ dataFile, snapshotId }) => [dataFile, snapshotId]);
    expect(lake.manifests()).toHaveLength(100);
    const { snapshot } = await addNight(lake, 101);
    const [added, merged, ...others] = lake.manifests();
    expect(others).toEqual([]);
    expect(added).toMatchObject({ addedFilesCount: 1, existingFilesCount: 0, sequenceNumber: 101n });
    expect(merged).toMatchObject({
      addedFilesCount: 0,
      existingFilesCount: 100,
      existingRowsCount: 1_000n,
      sequenceNumber: 101n,
      minSequenceNumber: 1n,
    });
    expect(snapshot.summary).toMatchObject({
      operation: 'append',
      'manifests-created': '2',
      'manifests-kept': '0',
      'manifests-replaced': '100',
      'entries-processed': '100',
      'total-data-files': '101',
    });
    const after = lake.manifest(merged?.path ?? '').entries;
    expect(after.map(({ dataFile, snapshotId }) => [dataFile, snapshotId])).toEqual(before);
    expect(after.map((entry) => entry.sequenceNumber)).toEqual(
      after.map((entry) => entry.fileSequenceNumber),
    );
    expect(lake.scan()).toEqual(names(101).toSorted());
  });

  test('leave the snapshots before as they were', async () => {
    const lake = await nights(100);
    const earlier = lake.metadata?.['current-snapshot-id'];
    await addNight(lake, 101);
    expect(lake.manifests(earlier)).toHaveLength(100);
    expect(lake.scan(earlier)).toEqual(names(100).toSorted());
  });

  test('are merged whatever columns came and went meanwhile, under the newest schema', async () => {
    const lake = await nights(99);
    const note = { id: 5, name: 'note', required: false, type: 'string' } as const;
    await lake.commit({
      changes: [
        {
          action: 'add-schema',
          schema: { ...sampleSchema, 'schema-id': -1, fields: [...sampleSchema.fields, note] },
        },
        { action: 'set-current-schema', 'schema-id': -1 },
      ],
      dataFiles: [nightFile(100, 'n100')],
    });
    await addNight(lake, 101);
    expect(lake.manifests()).toHaveLength(2);
    expect(lake.manifest(lake.manifests()[1]?.path ?? '').schema['schema-id']).toBe(1);
    expect(lake.scan()).toEqual(names(101).toSorted());
  });

  test('are merged but for one that cannot be read, and the night is committed', async () => {
    const lake = await nights(100);
    const damaged = lake.manifests()[40]?.path ?? '';
    const files = new Map(lake.files);
    lake.files.set(damaged, new Uint8Array(3));
    await addNight(lake, 101);
    lake.files.set(damaged, files.get(damaged) ?? new Uint8Array());
    expect(lake.manifests().map((row) => row.existingFilesCount)).toEqual([0, 99, 0]);
    expect(lake.scan()).toEqual(names(101).toSorted());
  });
});

test('of a backlog the oldest hundred are merged, the others stay', async () => {
  const lake = await nights(100);
  const newer = Array.from({ length: 30 }, (_, i) => ({
    ...lake.manifests()[0],
    path: `memory://lake/${i}.avro`,
  }));
  const merged = await mergeManifests({
    manifests: [...newer, ...lake.manifests()] as readonly ManifestFile[],
    spec: byNight,
    snapshotId: 1n,
    loadManifest: async (row) => lake.manifest(row.path),
  });
  expect(merged.kept).toEqual(newer);
  expect(merged.merged.map(({ entries }) => entries.length)).toEqual([100]);
});

describe('a merged manifest', () => {
  test('is not read again for nights that it does not hold, nor merged again', async () => {
    const lake = await nights(101);
    const merged = lake.manifests()[1]?.path;
    await addNight(lake, 102);
    expect(lake.loaded).toEqual([]);
    expect(lake.manifests().map((row) => row.path)).toContain(merged);
  });

  test('is written anew when one of its nights is replaced', async () => {
    const lake = await nights(101);
    await addNight(lake, 50, 'again');
    expect(lake.manifests()).toHaveLength(3);
    expect(lake.scan()).toEqual(
      names(101)
        .map((name) => (name.startsWith('dt=50/') ? 'dt=50/again.parquet' : name))
        .toSorted(),
    );
  });
});

test('manifests of delete files are carried as they are', async () => {
  const lake = await nights(100);
  const manifests = lake.manifests().map((row) => ({ ...row, content: 'deletes' as const }));
  const merged = await mergeManifests({
    manifests,
    spec: byNight,
    snapshotId: 1n,
    loadManifest: () => Promise.reject(new Error('not asked for')),
  });
  expect(merged).toEqual({ kept: manifests, merged: [], entriesProcessed: 0 });
});
