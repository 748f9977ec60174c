import { describe, expect, test } from 'vitest';
import type { AvroSchema } from '../../src/iceberg/avro-schema.ts';
import { manifestEntrySchema } from '../../src/iceberg/manifest-schema.ts';
import { readManifest } from '../../src/iceberg/manifest.ts';
import { partitionType } from '../../src/iceberg/partition-type.ts';
import { foreignAvroFile } from './foreign-avro-file.ts';
import { byNight, sampleSchema } from './sample-table.ts';

const coded = (code: string) => expect.objectContaining({ code });
const kv = {
  schema: JSON.stringify(sampleSchema),
  'partition-spec': JSON.stringify(byNight.fields),
  'format-version': '2',
};
const opt = (type: AvroSchema): AvroSchema => ['null', type];
const dt: AvroSchema = { type: 'int', logicalType: 'date' };
const partition: AvroSchema = {
  type: 'record',
  name: 'p',
  fields: [{ name: 'dt', type: opt(dt), 'field-id': 1000 }],
};
/** Other names, other order, everything nullable, and only what BigQuery writes. */
const sparse: AvroSchema = {
  type: 'record',
  name: 'manifest',
  namespace: 'org.other',
  fields: [
    {
      name: 'file',
      'field-id': 2,
      type: opt({
        type: 'record',
        name: 'df',
        fields: [
          { name: 'size', type: opt('long'), 'field-id': 104 },
          { name: 'rows', type: opt('int'), 'field-id': 103 },
          { name: 'unknown', type: 'string' },
          { name: 'path', type: opt('string'), 'field-id': 100 },
          { name: 'format', type: 'string', 'field-id': 101 },
          { name: 'partition', type: opt(partition), 'field-id': 102 },
        ],
      }),
    },
    { name: 'state', type: 'int', 'field-id': 0 },
  ],
};
const sparseEntry = (path: string) => ({
  state: 1,
  file: { size: 5, rows: 7, unknown: '?', path, format: 'parquet', partition: { dt: 3 } },
});
const full = manifestEntrySchema(partitionType(byNight, sampleSchema));
const fullEntry = (parts: object) => ({
  status: 1,
  snapshot_id: 5,
  sequence_number: null,
  file_sequence_number: null,
  data_file: {
    content: 0,
    file_path: 'a',
    file_format: 'PARQUET',
    partition: { dt: null },
    record_count: 1,
    file_size_in_bytes: 1,
    column_sizes: null,
    value_counts: null,
    null_value_counts: null,
    nan_value_counts: null,
    lower_bounds: null,
    upper_bounds: null,
    key_metadata: null,
    split_offsets: null,
    equality_ids: null,
    sort_order_id: null,
    referenced_data_file: null,
    ...parts,
  },
});
const readWith = (metadata: Readonly<Record<string, string>>) =>
  readManifest(foreignAvroFile({ schema: sparse, metadata, blocks: [[sparseEntry('a')]] }));

describe('a manifest of another writer', () => {
  test('is read by field id: columns missing, renamed, nullable, in another order and in several blocks', () => {
    const blocks = [[sparseEntry('a')], [sparseEntry('b')]];
    const { entries } = readManifest(foreignAvroFile({ schema: sparse, metadata: kv, blocks }));
    expect(entries.map((entry) => entry.dataFile.path)).toEqual(['a', 'b']);
    expect(entries[0]).toEqual({
      status: 'added',
      snapshotId: null,
      sequenceNumber: null,
      fileSequenceNumber: null,
      dataFile: {
        path: 'a',
        partition: new Map([[1000, 3]]),
        recordCount: 7n,
        fileSizeInBytes: 5n,
        columnSizes: new Map(),
        valueCounts: new Map(),
        nullValueCounts: new Map(),
        nanValueCounts: new Map(),
        lowerBounds: new Map(),
        upperBounds: new Map(),
        splitOffsets: [],
      },
    });
  });

  test('may store the whole spec, or fields without ids, or leave out what has a default', () => {
    const wholeSpec = { 'spec-id': 0, fields: byNight.fields };
    expect(readWith({ ...kv, 'partition-spec': JSON.stringify(wholeSpec) }).spec).toEqual(byNight);
    const withoutIds = byNight.fields.map(({ 'field-id': _id, ...field }) => field);
    expect(readWith({ ...kv, 'partition-spec': JSON.stringify(withoutIds) }).spec).toEqual(byNight);
    const { 'format-version': _version, ...old } = kv;
    expect(readWith(old)).toMatchObject({ formatVersion: 1, content: 'data' });
    expect(readWith({ ...kv, 'partition-spec-id': '3', 'schema-id': '4' })).toMatchObject({
      spec: { 'spec-id': 3 },
      schema: { 'schema-id': 4 },
    });
  });

  test('is refused when it is of a newer format version', () => {
    expect(() => readWith({ ...kv, 'format-version': '3' })).toThrow(coded('lake-foreign'));
  });

  test.each([
    ['without a schema', { 'partition-spec': '[]' }],
    ['without a partition spec', { schema: kv.schema }],
    ['with a schema that is not JSON', { ...kv, schema: '{' }],
    ['with a partition spec that is none', { ...kv, 'partition-spec': '5' }],
  ])('%s is refused', (_, metadata) => {
    expect(() => readWith(metadata)).toThrow(coded('lake-foreign'));
  });

  test.each([
    ['of another format', { format: 'orc' }],
    ['without a path', { path: null }],
    ['without a row count', { rows: null }],
  ])('with a file %s is refused', (_, parts) => {
    const entry = sparseEntry('a');
    const blocks = [[{ ...entry, file: { ...entry.file, ...parts } }]];
    const bytes = foreignAvroFile({ schema: sparse, metadata: kv, blocks });
    expect(() => readManifest(bytes)).toThrow(coded('lake-foreign'));
  });

  const readFull = (parts: object, content = 'data') =>
    readManifest(
      foreignAvroFile({ schema: full, metadata: { ...kv, content }, blocks: [[fullEntry(parts)]] }),
    );

  test('with null statistics has empty ones; null in the partition stays null', () => {
    const dataFile = readFull({}).entries[0]?.dataFile;
    expect(dataFile).toMatchObject({ columnSizes: new Map(), lowerBounds: new Map(), splitOffsets: [] });
    expect(dataFile?.partition).toEqual(new Map([[1000, null]]));
  });

  test('of deletes is told apart; one that mixes both, or has encrypted files, is refused', () => {
    expect(readFull({ content: 1 }, 'deletes').content).toBe('deletes');
    expect(() => readFull({ content: 1 })).toThrow(coded('lake-foreign'));
    expect(() => readFull({ key_metadata: Buffer.from('k') })).toThrow(coded('lake-foreign'));
  });

  test('keeps its partition fields when their source column has been dropped', () => {
    const schema = { ...sampleSchema, fields: sampleSchema.fields.slice(1) };
    const metadata = { ...kv, schema: JSON.stringify(schema) };
    const bytes = foreignAvroFile({ schema: sparse, metadata, blocks: [[sparseEntry('a')]] });
    expect(readManifest(bytes).entries[0]?.dataFile.partition).toEqual(new Map([[1000, 3]]));
  });
});
