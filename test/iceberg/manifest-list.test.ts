import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAvroFile } from '../../src/iceberg/avro-file.ts';
import type { AvroSchema } from '../../src/iceberg/avro-schema.ts';
import { type ManifestFile, readManifestList, writeManifestList } from '../../src/iceberg/manifest-list.ts';
import { foreignAvroFile } from './foreign-avro-file.ts';

const SNAPSHOT = 9_007_199_254_740_993n;
const row = (parts: Partial<ManifestFile> = {}): ManifestFile => ({
  path: 'gs://lake/t/metadata/a-m0.avro',
  length: 4000n,
  specId: 0,
  content: 'data',
  sequenceNumber: 12n,
  minSequenceNumber: 3n,
  addedSnapshotId: SNAPSHOT,
  addedFilesCount: 1,
  existingFilesCount: 2,
  deletedFilesCount: 3,
  addedRowsCount: 2n ** 62n,
  existingRowsCount: 5n,
  deletedRowsCount: 6n,
  partitions: [
    {
      containsNull: true,
      containsNan: false,
      lowerBound: Uint8Array.of(5, 0, 0, 0),
      upperBound: Uint8Array.of(9, 0, 0, 0),
    },
  ],
  keyMetadata: null,
  ...parts,
});
const write = (manifests: readonly ManifestFile[], parentSnapshotId: bigint | null = null) =>
  writeManifestList({ snapshotId: SNAPSHOT, parentSnapshotId, sequenceNumber: 12n, manifests });
const coded = (code: string) => expect.objectContaining({ code });

describe('a manifest list', () => {
  test('comes back as it was written, in its order, with ids above 2^53', () => {
    const manifests = [row(), row({ path: 'gs://lake/t/metadata/b-m0.avro', sequenceNumber: 11n })];
    expect(readManifestList(write(manifests))).toEqual(manifests);
  });

  test('carries any row of a parent, also delete manifests and what this product does not use', () => {
    const long = fc.bigInt(0n, 2n ** 63n - 1n);
    const count = fc.nat();
    const bytes = fc.option(fc.uint8Array().map((list) => Uint8Array.from(list)));
    const summary = fc.record({
      containsNull: fc.boolean(),
      containsNan: fc.option(fc.boolean()),
      lowerBound: bytes,
      upperBound: bytes,
    });
    const anyRow = fc.record({
      path: fc.uuid().map((id) => `file:/lake/${id}.avro`),
      length: long,
      specId: count,
      content: fc.constantFrom('data' as const, 'deletes' as const),
      sequenceNumber: fc.bigInt(0n, 12n),
      minSequenceNumber: fc.constant(0n),
      addedSnapshotId: long,
      addedFilesCount: count,
      existingFilesCount: count,
      deletedFilesCount: count,
      addedRowsCount: long,
      existingRowsCount: long,
      deletedRowsCount: long,
      partitions: fc.option(fc.array(summary)),
      keyMetadata: bytes,
    });
    fc.assert(
      fc.property(fc.uniqueArray(anyRow, { minLength: 1, selector: (one) => one.path }), (manifests) => {
        expect(readManifestList(write(manifests))).toEqual(manifests);
      }),
    );
  });

  test('names its snapshot, the parent and the sequence number', () => {
    expect(Object.fromEntries(readAvroFile(write([row()], SNAPSHOT - 1n)).metadata)).toEqual({
      'snapshot-id': '9007199254740993',
      'parent-snapshot-id': '9007199254740992',
      'sequence-number': '12',
      'format-version': '2',
    });
    expect(readAvroFile(write([row()], null)).metadata.get('parent-snapshot-id')).toBe('null');
  });

  test('of a partitioned table keeps the bounds of its summaries: readers skip manifests without them', () => {
    const [record] = readAvroFile(write([row()])).records;
    expect(record?.f507).toMatchObject([{ f510: Buffer.of(5, 0, 0, 0), f511: Buffer.of(9, 0, 0, 0) }]);
  });

  test.each<readonly [string, readonly ManifestFile[]]>([
    ['without manifests', []],
    ['with a manifest twice', [row(), row()]],
    ['with a relative path', [row({ path: 'metadata/a.avro' })]],
    ['with a manifest newer than the commit', [row({ sequenceNumber: 13n })]],
    ['with rows newer than their manifest', [row({ minSequenceNumber: 13n })]],
  ])('%s is not written', (_, manifests) => {
    expect(() => write(manifests)).toThrow(coded('unexpected'));
  });
});

describe('a manifest list of another writer', () => {
  /** As format version 1 had it: older names of the counts, everything nullable, no content, no sequence numbers. */
  const old: AvroSchema = {
    type: 'record',
    name: 'manifest_file',
    fields: [
      { name: 'added_snapshot_id', type: ['null', 'long'], 'field-id': 503 },
      { name: 'manifest_path', type: 'string', 'field-id': 500 },
      { name: 'manifest_length', type: 'long', 'field-id': 501 },
      { name: 'partition_spec_id', type: 'int', 'field-id': 502 },
      { name: 'added_data_files_count', type: ['null', 'int'], 'field-id': 504 },
      { name: 'existing_data_files_count', type: ['null', 'int'], 'field-id': 505 },
      { name: 'deleted_data_files_count', type: ['null', 'int'], 'field-id': 506 },
      { name: 'added_rows_count', type: ['null', 'long'], 'field-id': 512 },
      { name: 'existing_rows_count', type: ['null', 'long'], 'field-id': 513 },
      { name: 'deleted_rows_count', type: ['null', 'long'], 'field-id': 514 },
    ],
  };
  const record = {
    added_snapshot_id: 7,
    manifest_path: 's3://b/m.avro',
    manifest_length: 10,
    partition_spec_id: 0,
    added_data_files_count: 1,
    existing_data_files_count: 0,
    deleted_data_files_count: 0,
    added_rows_count: 5,
    existing_rows_count: 0,
    deleted_rows_count: 0,
  };
  const read = (parts: object = {}, metadata: Record<string, string> = {}) =>
    readManifestList(
      foreignAvroFile({ schema: old, metadata, blocks: [[{ ...record, ...parts }]], codec: 'deflate' }),
    );

  test('is read by field id, under older names, with the defaults of format version 1', () => {
    expect(read()).toEqual([
      row({
        path: 's3://b/m.avro',
        length: 10n,
        addedSnapshotId: 7n,
        sequenceNumber: 0n,
        minSequenceNumber: 0n,
        addedFilesCount: 1,
        existingFilesCount: 0,
        deletedFilesCount: 0,
        addedRowsCount: 5n,
        existingRowsCount: 0n,
        deletedRowsCount: 0n,
        partitions: null,
      }),
    ]);
  });

  test('without counts is refused: totals could not be checked', () => {
    expect(() => read({ added_rows_count: null })).toThrow(coded('lake-foreign'));
  });

  test('of a newer format version is refused: its row ids would be lost', () => {
    expect(() => read({}, { 'format-version': '3' })).toThrow(coded('lake-foreign'));
  });
});
