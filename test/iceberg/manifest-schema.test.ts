import { describe, expect, test } from 'vitest';
import { avroName, manifestEntrySchema, manifestFileSchema } from '../../src/iceberg/manifest-schema.ts';
import { partitionType } from '../../src/iceberg/partition-type.ts';
import type { PrimitiveType, Schema } from '../../src/iceberg/schema.ts';
import { byNight, sampleSchema } from './sample-table.ts';

/** Spelt out from the table spec, field by field, not with the generator under test. */
const goldenManifestEntry = {
  type: 'record',
  name: 'manifest_entry',
  fields: [
    { name: 'status', type: 'int', 'field-id': 0 },
    { name: 'snapshot_id', type: ['null', 'long'], default: null, 'field-id': 1 },
    { name: 'sequence_number', type: ['null', 'long'], default: null, 'field-id': 3 },
    { name: 'file_sequence_number', type: ['null', 'long'], default: null, 'field-id': 4 },
    {
      name: 'data_file',
      'field-id': 2,
      type: {
        type: 'record',
        name: 'r2',
        fields: [
          { name: 'content', type: 'int', 'field-id': 134 },
          { name: 'file_path', type: 'string', 'field-id': 100 },
          { name: 'file_format', type: 'string', 'field-id': 101 },
          {
            name: 'partition',
            'field-id': 102,
            type: {
              type: 'record',
              name: 'r102',
              fields: [
                {
                  name: 'dt',
                  type: ['null', { type: 'int', logicalType: 'date' }],
                  default: null,
                  'field-id': 1000,
                },
              ],
            },
          },
          { name: 'record_count', type: 'long', 'field-id': 103 },
          { name: 'file_size_in_bytes', type: 'long', 'field-id': 104 },
          goldenMap('column_sizes', 108, 117, 118, 'long'),
          goldenMap('value_counts', 109, 119, 120, 'long'),
          goldenMap('null_value_counts', 110, 121, 122, 'long'),
          goldenMap('nan_value_counts', 137, 138, 139, 'long'),
          goldenMap('lower_bounds', 125, 126, 127, 'bytes'),
          goldenMap('upper_bounds', 128, 129, 130, 'bytes'),
          { name: 'key_metadata', type: ['null', 'bytes'], default: null, 'field-id': 131 },
          {
            name: 'split_offsets',
            type: ['null', { type: 'array', items: 'long', 'element-id': 133 }],
            default: null,
            'field-id': 132,
          },
          {
            name: 'equality_ids',
            type: ['null', { type: 'array', items: 'int', 'element-id': 136 }],
            default: null,
            'field-id': 135,
          },
          { name: 'sort_order_id', type: ['null', 'int'], default: null, 'field-id': 140 },
          { name: 'referenced_data_file', type: ['null', 'string'], default: null, 'field-id': 143 },
        ],
      },
    },
  ],
};

const goldenManifestFile = {
  type: 'record',
  name: 'manifest_file',
  fields: [
    { name: 'manifest_path', type: 'string', 'field-id': 500 },
    { name: 'manifest_length', type: 'long', 'field-id': 501 },
    { name: 'partition_spec_id', type: 'int', 'field-id': 502 },
    { name: 'content', type: 'int', 'field-id': 517 },
    { name: 'sequence_number', type: 'long', 'field-id': 515 },
    { name: 'min_sequence_number', type: 'long', 'field-id': 516 },
    { name: 'added_snapshot_id', type: 'long', 'field-id': 503 },
    { name: 'added_files_count', type: 'int', 'field-id': 504 },
    { name: 'existing_files_count', type: 'int', 'field-id': 505 },
    { name: 'deleted_files_count', type: 'int', 'field-id': 506 },
    { name: 'added_rows_count', type: 'long', 'field-id': 512 },
    { name: 'existing_rows_count', type: 'long', 'field-id': 513 },
    { name: 'deleted_rows_count', type: 'long', 'field-id': 514 },
    {
      name: 'partitions',
      type: [
        'null',
        {
          type: 'array',
          items: {
            type: 'record',
            name: 'r508',
            fields: [
              { name: 'contains_null', type: 'boolean', 'field-id': 509 },
              { name: 'contains_nan', type: ['null', 'boolean'], default: null, 'field-id': 518 },
              { name: 'lower_bound', type: ['null', 'bytes'], default: null, 'field-id': 510 },
              { name: 'upper_bound', type: ['null', 'bytes'], default: null, 'field-id': 511 },
            ],
          },
          'element-id': 508,
        },
      ],
      default: null,
      'field-id': 507,
    },
    { name: 'key_metadata', type: ['null', 'bytes'], default: null, 'field-id': 519 },
  ],
};

function goldenMap(name: string, id: number, keyId: number, valueId: number, value: string) {
  const fields = [
    { name: 'key', type: 'int', 'field-id': keyId },
    { name: 'value', type: value, 'field-id': valueId },
  ];
  const items = { type: 'record', name: `k${keyId}_v${valueId}`, fields };
  return {
    name,
    type: ['null', { type: 'array', logicalType: 'map', items }],
    default: null,
    'field-id': id,
  };
}

/** The Avro types of partition fields with these types, identity each. */
function partitionAvroTypes(...types: readonly PrimitiveType[]): unknown[] {
  const schema: Schema = {
    type: 'struct',
    'schema-id': 0,
    fields: types.map((type, i) => ({ id: i + 1, name: `c${i}`, required: false, type })),
  };
  const fields = types.map((_, i) => ({
    name: `c${i}`,
    transform: 'identity' as const,
    'source-id': i + 1,
    'field-id': 1000 + i,
  }));
  const json = JSON.stringify(manifestEntrySchema(partitionType({ 'spec-id': 0, fields }, schema)));
  const entry: { fields: { type: { fields: { type: { fields: { type: unknown[] }[] } }[] } }[] } =
    JSON.parse(json);
  return entry.fields[4]?.type.fields[3]?.type.fields.map((field) => field.type[1]) ?? [];
}

describe('the Avro schema of a manifest', () => {
  test('is the golden one: names, ids, nullability and logical types', () => {
    expect(manifestEntrySchema(partitionType(byNight, sampleSchema))).toEqual(goldenManifestEntry);
  });

  test('has an empty partition record, not a missing one, for an unpartitioned table', () => {
    const json = JSON.stringify(manifestEntrySchema([]));
    expect(json).toContain('"name":"partition","type":{"type":"record","name":"r102","fields":[]}');
  });

  test('stores a decimal as fixed of the least width, and uuid and fixed by name', () => {
    expect(partitionAvroTypes('decimal(9, 2)', 'decimal(38, 0)', 'uuid', 'fixed[3]')).toEqual([
      { type: 'fixed', size: 4, name: 'decimal_9_2', logicalType: 'decimal', precision: 9, scale: 2 },
      { type: 'fixed', size: 16, name: 'decimal_38_0', logicalType: 'decimal', precision: 38, scale: 0 },
      { type: 'fixed', size: 16, name: 'uuid_fixed', logicalType: 'uuid' },
      { type: 'fixed', size: 3, name: 'fixed_3' },
    ]);
  });

  test('defines a named type once and refers to it afterwards', () => {
    expect(partitionAvroTypes('uuid', 'uuid', 'decimal(9, 2)', 'decimal(9, 2)').slice(1)).toEqual([
      'uuid_fixed',
      expect.objectContaining({ name: 'decimal_9_2' }),
      'decimal_9_2',
    ]);
  });

  test('tells timestamp from timestamptz', () => {
    expect(partitionAvroTypes('timestamp', 'timestamptz', 'time', 'binary', 'long')).toEqual([
      { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': false },
      { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': true },
      { type: 'long', logicalType: 'time-micros' },
      'bytes',
      'long',
    ]);
  });

  test.each([
    ['dt', 'dt'],
    ['a-b', 'a_x2Db'],
    ['2nd', '_2nd'],
    ['-', '_x2D'],
    ['ü', '_xFC'],
    ['a1_', 'a1_'],
  ])('partition field %s is called %s', (name, expected) => {
    expect(avroName(name)).toBe(expected);
  });

  test('keeps the true name of a field that had to be renamed', () => {
    const spec = { ...byNight, fields: byNight.fields.map((field) => ({ ...field, name: 'a-b' })) };
    const json = JSON.stringify(manifestEntrySchema(partitionType(spec, sampleSchema)));
    expect(json).toContain('"name":"a_x2Db"');
    expect(json).toContain('"iceberg-field-name":"a-b"');
  });
});

test('the Avro schema of a manifest list is the golden one', () => {
  expect(manifestFileSchema).toEqual(goldenManifestFile);
});
