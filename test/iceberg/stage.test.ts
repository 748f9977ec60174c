import { describe, expect, test } from 'vitest';
import { writeManifest, manifestFileOf } from '../../src/iceberg/manifest.ts';
import { newSnapshotId } from '../../src/iceberg/stage.ts';
import type { SnapshotSummary, TableMetadata } from '../../src/iceberg/table-metadata.ts';
import { byNight, sampleSchema, sampleTable } from './sample-table.ts';
import { LOCATION, nightFile, replaceNight, StagedLake } from './staged-lake.ts';

/** Three nights, one file and one manifest each. */
async function threeNights(): Promise<StagedLake> {
  const lake = new StagedLake();
  for (const days of [1, 2, 3]) await lake.commit({ dataFiles: [nightFile(days, `n${days}`)] });
  return lake;
}

function withSummary(
  table: TableMetadata | undefined,
  change: (summary: SnapshotSummary) => SnapshotSummary,
): TableMetadata {
  if (table === undefined) throw new Error('there is no table');
  return {
    ...table,
    snapshots: table.snapshots.map((snapshot) => ({ ...snapshot, summary: change(snapshot.summary) })),
  };
}

describe('append', () => {
  test('a table and its first snapshot are one commit', async () => {
    const lake = new StagedLake();
    const staged = await lake.commit({
      dataFiles: [nightFile(1, 'a')],
      snapshotId: 77n,
      marks: { 'permafrost.night': '1970-01-02' },
    });
    expect(staged.requirements).toEqual([{ type: 'assert-create' }]);
    expect(staged.filesToWrite.map((file) => file.path)).toEqual([
      'metadata/00000000-0000-4000-8000-000000000001-m0.avro',
      'metadata/snap-77-00000000-0000-4000-8000-000000000001.avro',
    ]);
    expect(staged.snapshot).toEqual({
      'sequence-number': 1,
      'snapshot-id': 77n,
      'timestamp-ms': 1_000,
      'manifest-list': `${LOCATION}/metadata/snap-77-00000000-0000-4000-8000-000000000001.avro`,
      'schema-id': 0,
      summary: {
        'permafrost.night': '1970-01-02',
        operation: 'append',
        'manifests-created': '1',
        'manifests-kept': '0',
        'manifests-replaced': '0',
        'added-data-files': '1',
        'added-records': '10',
        'added-files-size': '70',
        'changed-partition-count': '1',
        'total-records': '10',
        'total-files-size': '70',
        'total-data-files': '1',
        'total-delete-files': '0',
        'total-position-deletes': '0',
        'total-equality-deletes': '0',
      },
    });
    expect(lake.scan()).toEqual(['dt=1/a.parquet']);
  });

  test("the parent's manifests are carried with every number they had, the new one first", async () => {
    const lake = await threeNights();
    const before = lake.manifests();
    await lake.commit({ dataFiles: [nightFile(4, 'n4')] });
    const [first, ...rest] = lake.manifests();
    expect(rest).toEqual(before);
    expect(first).toMatchObject({
      sequenceNumber: 4n,
      minSequenceNumber: 4n,
      addedFilesCount: 1,
      addedRowsCount: 10n,
    });
    expect(first?.length).toBe(BigInt(lake.bytes(first?.path ?? '').length));
    expect(lake.loaded).toEqual([]);
  });

  test('an append says on which head, schema and spec it was planned', async () => {
    const lake = await threeNights();
    const head = lake.metadata?.['current-snapshot-id'];
    const staged = await lake.stage({ dataFiles: [nightFile(4, 'n4')] });
    expect(staged.snapshot['parent-snapshot-id']).toBe(head);
    expect(staged.requirements).toEqual([
      { type: 'assert-table-uuid', uuid: sampleTable()['table-uuid'] },
      { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': head },
      { type: 'assert-current-schema-id', 'current-schema-id': 0 },
      { type: 'assert-default-spec-id', 'default-spec-id': 0 },
    ]);
  });

  test('on a table without a snapshot the head must still be missing', async () => {
    const lake = new StagedLake();
    lake.metadata = sampleTable();
    const staged = await lake.commit({ dataFiles: [nightFile(1, 'a')] });
    expect(staged.requirements).toContainEqual({
      type: 'assert-ref-snapshot-id',
      ref: 'main',
      'snapshot-id': null,
    });
    expect(staged.snapshot).not.toHaveProperty('parent-snapshot-id');
  });

  test('a new column and its first rows are one commit, and the snapshot names the new schema', async () => {
    const lake = await threeNights();
    const schema = {
      ...sampleSchema,
      'schema-id': -1,
      fields: [...sampleSchema.fields, { id: 5, name: 'note', required: false, type: 'string' } as const],
    };
    const staged = await lake.commit({
      changes: [
        { action: 'add-schema', schema },
        { action: 'set-current-schema', 'schema-id': -1 },
      ],
      dataFiles: [nightFile(4, 'n4')],
    });
    expect(staged.snapshot['schema-id']).toBe(1);
    expect(staged.requirements).toContainEqual({
      type: 'assert-last-assigned-field-id',
      'last-assigned-field-id': 4,
    });
    expect(lake.manifest(lake.manifests()[0]?.path ?? '').schema['schema-id']).toBe(1);
    expect(lake.metadata).toMatchObject({ 'current-schema-id': 1, 'last-column-id': 5 });
  });

  test('a clock that went back does not put a snapshot before its parent', async () => {
    const lake = await threeNights();
    const staged = await lake.commit({ dataFiles: [nightFile(4, 'n4')], now: 5 });
    expect(staged.snapshot['timestamp-ms']).toBe(1_003);
  });

  test('ids of other writers beyond 2^53 go from the metadata into the manifest list', async () => {
    const lake = new StagedLake();
    await lake.commit({ dataFiles: [nightFile(1, 'a')], snapshotId: 9223372036854775807n });
    const staged = await lake.commit({ dataFiles: [nightFile(2, 'b')], snapshotId: 9007199254740993n });
    expect(staged.snapshot['parent-snapshot-id']).toBe(9223372036854775807n);
    expect(lake.manifests().map((row) => row.addedSnapshotId)).toEqual([
      9007199254740993n,
      9223372036854775807n,
    ]);
  });
});

describe('replace partition', () => {
  test('a night done again takes the place of the first, and time travel still sees the first', async () => {
    const lake = await threeNights();
    const before = lake.metadata?.['current-snapshot-id'];
    const staged = await lake.commit({
      write: replaceNight(2),
      dataFiles: [nightFile(2, 'again', 4n)],
      snapshotId: 50n,
    });
    expect(lake.scan()).toEqual(['dt=1/n1.parquet', 'dt=2/again.parquet', 'dt=3/n3.parquet']);
    expect(lake.scan(before)).toEqual(['dt=1/n1.parquet', 'dt=2/n2.parquet', 'dt=3/n3.parquet']);
    expect(staged.snapshot.summary).toEqual({
      operation: 'overwrite',
      'replace-partitions': 'true',
      'manifests-created': '2',
      'manifests-kept': '2',
      'manifests-replaced': '1',
      'entries-processed': '1',
      'added-data-files': '1',
      'deleted-data-files': '1',
      'added-records': '4',
      'deleted-records': '10',
      'added-files-size': '28',
      'removed-files-size': '70',
      'changed-partition-count': '1',
      'total-records': '24',
      'total-files-size': '168',
      'total-data-files': '3',
      'total-delete-files': '0',
      'total-position-deletes': '0',
      'total-equality-deletes': '0',
    });
  });

  test('only the manifest of that night is read, the others stay byte for byte', async () => {
    const lake = await threeNights();
    const [third, second, first] = lake.manifests();
    await lake.commit({ write: replaceNight(2), dataFiles: [nightFile(2, 'again')] });
    expect(lake.loaded).toEqual([second?.path]);
    expect(lake.manifests().slice(2)).toEqual([third, first]);
  });

  test('the deleted entry names the snapshot that deleted it and keeps the numbers of its own', async () => {
    const lake = await threeNights();
    await lake.commit({ write: replaceNight(2), dataFiles: [nightFile(2, 'again')], snapshotId: 50n });
    expect(lake.entries().find((entry) => entry.status === 'deleted')).toMatchObject({
      snapshotId: 50n,
      sequenceNumber: 2n,
      fileSequenceNumber: 2n,
      dataFile: nightFile(2, 'n2'),
    });
  });

  test('nights that share a manifest stay as existing entries with explicit numbers', async () => {
    const lake = new StagedLake();
    await lake.commit({ dataFiles: [1, 2, 3].map((days) => nightFile(days, `n${days}`)), snapshotId: 40n });
    await lake.commit({ write: replaceNight(2), dataFiles: [nightFile(2, 'again')], snapshotId: 50n });
    const existing = lake.entries().filter((entry) => entry.status === 'existing');
    expect(existing.map((entry) => entry.dataFile)).toEqual([nightFile(1, 'n1'), nightFile(3, 'n3')]);
    for (const entry of existing) {
      expect(entry).toMatchObject({ snapshotId: 40n, sequenceNumber: 1n, fileSequenceNumber: 1n });
    }
    expect(lake.manifests()[1]).toMatchObject({
      sequenceNumber: 2n,
      minSequenceNumber: 1n,
      existingFilesCount: 2,
      deletedFilesCount: 1,
    });
    expect(lake.scan()).toEqual(['dt=1/n1.parquet', 'dt=2/again.parquet', 'dt=3/n3.parquet']);
  });

  test('deletions of earlier snapshots are dropped, so a night done ten times does not pile up entries', async () => {
    const lake = new StagedLake();
    await lake.commit({ dataFiles: [nightFile(1, 'n1'), nightFile(2, 'n2')] });
    for (let round = 0; round < 10; round += 1) {
      await lake.commit({ write: replaceNight(2), dataFiles: [nightFile(2, `round${round}`)] });
    }
    expect(lake.scan()).toEqual(['dt=1/n1.parquet', 'dt=2/round9.parquet']);
    // The first manifest is not touched again: the night that lives in it has not changed since.
    const deleted = lake.entries().filter((entry) => entry.status === 'deleted');
    expect(deleted.map((entry) => entry.dataFile)).toEqual([nightFile(2, 'round8'), nightFile(2, 'n2')]);
    expect(lake.manifests()).toHaveLength(3);
    expect(lake.metadata?.snapshots.at(-1)?.summary['total-records']).toBe('20');
  });

  test('a night that held nothing is an append', async () => {
    const lake = await threeNights();
    const staged = await lake.commit({ write: replaceNight(9), dataFiles: [nightFile(9, 'late')] });
    expect(staged.snapshot.summary).toMatchObject({
      operation: 'append',
      'manifests-kept': '3',
      'total-records': '40',
    });
    expect(staged.snapshot.summary).not.toHaveProperty('deleted-data-files');
    expect(lake.loaded).toEqual([]);
  });

  test('a night replaced by nothing is gone from the current snapshot only', async () => {
    const lake = await threeNights();
    const before = lake.metadata?.['current-snapshot-id'];
    await lake.commit({ write: replaceNight(2) });
    expect(lake.scan()).toEqual(['dt=1/n1.parquet', 'dt=3/n3.parquet']);
    expect(lake.scan(before)).toHaveLength(3);
    await lake.commit({ write: replaceNight(1) });
    expect(lake.manifests()).toHaveLength(2);
  });

  test('the null partition is not the partition 0', async () => {
    const lake = new StagedLake();
    await lake.commit({ dataFiles: [nightFile(null, 'null'), nightFile(0, 'zero')] });
    await lake.commit({ write: replaceNight(0), dataFiles: [nightFile(0, 'again')] });
    expect(lake.scan()).toEqual(['dt=0/again.parquet', 'dt=null/null.parquet']);
    await lake.commit({ write: replaceNight(null), dataFiles: [nightFile(null, 'again')] });
    expect(lake.scan()).toEqual(['dt=0/again.parquet', 'dt=null/again.parquet']);
  });

  test('a manifest without partition summaries is read, not skipped', async () => {
    const lake = await threeNights();
    const parentManifests = lake.manifests().map((row) => ({ ...row, partitions: null }));
    await lake.commit({ write: replaceNight(2), dataFiles: [nightFile(2, 'again')], parentManifests });
    expect(lake.loaded).toHaveLength(3);
    expect(lake.scan()).toEqual(['dt=1/n1.parquet', 'dt=2/again.parquet', 'dt=3/n3.parquet']);
  });

  test('data under another partition spec is refused: the night would be doubled', async () => {
    const lake = await threeNights();
    const parentManifests = lake.manifests().map((row) => ({ ...row, specId: 4 }));
    await expect(
      lake.stage({ write: replaceNight(2), dataFiles: [nightFile(2, 'again')], parentManifests }),
    ).rejects.toMatchObject({ code: 'lake-foreign' });
  });

  test('delete files of another engine are carried', async () => {
    const lake = await threeNights();
    const contents = {
      schema: sampleSchema,
      spec: byNight,
      snapshotId: 60n,
      entries: [
        {
          status: 'added',
          snapshotId: 60n,
          sequenceNumber: null,
          fileSequenceNumber: null,
          dataFile: nightFile(2, 'deletes'),
        },
      ],
    } as const;
    const deletes = {
      ...manifestFileOf(writeManifest(contents), `${LOCATION}/metadata/d.avro`, 3n),
      content: 'deletes',
    } as const;
    const staged = await lake.stage({
      base: withSummary(lake.metadata, (summary) => ({ ...summary, 'total-delete-files': '1' })),
      write: replaceNight(2),
      dataFiles: [nightFile(2, 'again')],
      parentManifests: [...lake.manifests(), deletes],
    });
    expect(lake.loaded).not.toContain(deletes.path);
    expect(staged.snapshot.summary).toMatchObject({ 'total-delete-files': '1', 'total-records': '30' });
  });
});

describe('totals', () => {
  test.each(['total-records', 'total-data-files', 'total-delete-files'])(
    "a parent's %s that the manifests contradict stops the commit",
    async (key) => {
      const lake = await threeNights();
      const base = withSummary(lake.metadata, (summary) => ({ ...summary, [key]: '7' }));
      await expect(lake.stage({ base, dataFiles: [nightFile(4, 'n4')] })).rejects.toMatchObject({
        code: 'integrity',
        message: expect.stringContaining(key),
      });
    },
  );

  test('a manifest list that lost a manifest stops the commit', async () => {
    const lake = await threeNights();
    const parentManifests = lake.manifests().slice(1);
    await expect(lake.stage({ dataFiles: [nightFile(4, 'n4')], parentManifests })).rejects.toMatchObject({
      code: 'integrity',
    });
  });

  test('a total that the parent lacks is counted, and left out where it cannot be', async () => {
    const lake = await threeNights();
    const base = withSummary(lake.metadata, ({ operation }) => ({ operation }));
    const { summary } = (await lake.stage({ base, dataFiles: [nightFile(4, 'n4')] })).snapshot;
    expect(summary).toMatchObject({
      'total-records': '40',
      'total-data-files': '4',
      'total-delete-files': '0',
    });
    expect(summary).not.toHaveProperty('total-files-size');
  });

  test('totals beyond 2^53 are exact', async () => {
    const lake = new StagedLake();
    await lake.commit({ dataFiles: [nightFile(1, 'a', 2n ** 53n)] });
    const { snapshot } = await lake.commit({ dataFiles: [nightFile(2, 'b', 1n)] });
    expect(snapshot.summary['total-records']).toBe('9007199254740993');
  });
});

describe('what cannot be right is not staged', () => {
  test.each<[string, Parameters<StagedLake['stage']>[0]]>([
    ['an append of nothing', {}],
    ['a replacement by nothing of a table that is not there', { write: replaceNight(1) }],
    ['a file of another partition', { write: replaceNight(1), dataFiles: [nightFile(2, 'a')] }],
    ['a file without its partition', { dataFiles: [{ ...nightFile(1, 'a'), partition: new Map() }] }],
    [
      'a file outside of the table',
      { dataFiles: [{ ...nightFile(1, 'a'), path: `${LOCATION}2/data/a.parquet` }] },
    ],
    ['the same file twice', { dataFiles: [nightFile(1, 'a'), nightFile(1, 'a')] }],
    ['a mark that would hide a count', { dataFiles: [nightFile(1, 'a')], marks: { 'total-records': '0' } }],
  ])('%s', async (_what, request) => {
    await expect(new StagedLake().stage(request)).rejects.toMatchObject({ code: 'unexpected' });
  });
});

test('thirty nights, each third one done again, keep every invariant and every row', async () => {
  const lake = new StagedLake();
  for (let days = 1; days <= 30; days += 1) {
    await lake.commit({ dataFiles: [nightFile(days, 'first', BigInt(days))] });
    if (days % 3 === 0)
      await lake.commit({ write: replaceNight(days), dataFiles: [nightFile(days, 'again', 1n)] });
  }
  expect(lake.metadata).toMatchObject({ 'last-sequence-number': 40 });
  expect(lake.scan()).toHaveLength(30);
  const rows = Array.from({ length: 30 }, (_, index) => ((index + 1) % 3 === 0 ? 1 : index + 1));
  const total = rows.reduce((sum, count) => sum + count, 0);
  expect(lake.metadata?.snapshots.at(-1)?.summary).toMatchObject({
    'total-records': String(total),
    'total-data-files': '30',
  });
});

test('snapshot ids are positive and fit a double', () => {
  const ids = Array.from({ length: 1_000 }, newSnapshotId);
  expect(new Set(ids).size).toBe(1_000);
  expect(ids.every((id) => id > 0n && id <= 2n ** 53n - 1n)).toBe(true);
});
