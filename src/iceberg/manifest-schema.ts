import type { AvroField, AvroSchema } from './avro-schema.ts';
import { bytesForPrecision } from './decimal-bytes.ts';
import type { TypedPartitionField } from './partition-type.ts';
import { primitiveKind } from './primitive-type.ts';
import type { PrimitiveType } from './schema.ts';

/**
 * Avro schemas of manifests and manifest lists. Readers depend on every detail: Java picks its classes by record name
 * (`r2`, `r102`, `r508`, `k117_v118`), others look up fields by `field-id` only, and some refuse a nullable field where
 * the spec has a required one.
 */
export function manifestEntrySchema(partition: readonly TypedPartitionField[]): AvroSchema {
  return record('manifest_entry', [
    required('status', 0, 'int'),
    optional('snapshot_id', 1, 'long'),
    optional('sequence_number', 3, 'long'),
    optional('file_sequence_number', 4, 'long'),
    required('data_file', 2, record('r2', dataFileFields(partition))),
  ]);
}

export const manifestFileSchema: AvroSchema = record('manifest_file', [
  required('manifest_path', 500, 'string'),
  required('manifest_length', 501, 'long'),
  required('partition_spec_id', 502, 'int'),
  required('content', 517, 'int'),
  required('sequence_number', 515, 'long'),
  required('min_sequence_number', 516, 'long'),
  required('added_snapshot_id', 503, 'long'),
  required('added_files_count', 504, 'int'),
  required('existing_files_count', 505, 'int'),
  required('deleted_files_count', 506, 'int'),
  required('added_rows_count', 512, 'long'),
  required('existing_rows_count', 513, 'long'),
  required('deleted_rows_count', 514, 'long'),
  optional('partitions', 507, {
    type: 'array',
    items: record('r508', [
      required('contains_null', 509, 'boolean'),
      optional('contains_nan', 518, 'boolean'),
      optional('lower_bound', 510, 'bytes'),
      optional('upper_bound', 511, 'bytes'),
    ]),
    'element-id': 508,
  }),
  optional('key_metadata', 519, 'bytes'),
]);

function dataFileFields(partition: readonly TypedPartitionField[]): AvroField[] {
  return [
    required('content', 134, 'int'),
    required('file_path', 100, 'string'),
    required('file_format', 101, 'string'),
    required('partition', 102, record('r102', partitionFields(partition))),
    required('record_count', 103, 'long'),
    required('file_size_in_bytes', 104, 'long'),
    optional('column_sizes', 108, mapByFieldId(117, 118, 'long')),
    optional('value_counts', 109, mapByFieldId(119, 120, 'long')),
    optional('null_value_counts', 110, mapByFieldId(121, 122, 'long')),
    optional('nan_value_counts', 137, mapByFieldId(138, 139, 'long')),
    optional('lower_bounds', 125, mapByFieldId(126, 127, 'bytes')),
    optional('upper_bounds', 128, mapByFieldId(129, 130, 'bytes')),
    optional('key_metadata', 131, 'bytes'),
    optional('split_offsets', 132, { type: 'array', items: 'long', 'element-id': 133 }),
    optional('equality_ids', 135, { type: 'array', items: 'int', 'element-id': 136 }),
    optional('sort_order_id', 140, 'int'),
    optional('referenced_data_file', 143, 'string'),
  ];
}

function partitionFields(partition: readonly TypedPartitionField[]): AvroField[] {
  const defined = new Set<string>();
  return partition.map((field) => {
    const name = avroName(field.name);
    const avroField = optional(name, field['field-id'], partitionValueSchema(field.type, defined));
    return name === field.name ? avroField : { ...avroField, 'iceberg-field-name': field.name };
  });
}

/** A named Avro type is defined where it first occurs and referred to by name afterwards. */
function partitionValueSchema(type: PrimitiveType, defined: Set<string>): AvroSchema {
  const parsed = primitiveKind(type);
  switch (parsed.kind) {
    case 'date':
      return { type: 'int', logicalType: 'date' };
    case 'time':
      return { type: 'long', logicalType: 'time-micros' };
    case 'timestamp':
      return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': false };
    case 'timestamptz':
      return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': true };
    case 'binary':
      return 'bytes';
    case 'uuid':
      return fixedSchema('uuid_fixed', 16, { logicalType: 'uuid' }, defined);
    case 'fixed':
      return fixedSchema(`fixed_${parsed.length}`, parsed.length, {}, defined);
    case 'decimal': {
      const { precision, scale } = parsed;
      const attributes = { logicalType: 'decimal', precision, scale };
      return fixedSchema(`decimal_${precision}_${scale}`, bytesForPrecision(precision), attributes, defined);
    }
    default:
      return parsed.kind;
  }
}

function fixedSchema(
  name: string,
  size: number,
  attributes: { logicalType?: string; precision?: number; scale?: number },
  defined: Set<string>,
): AvroSchema {
  if (defined.has(name)) return name;
  defined.add(name);
  return { type: 'fixed', size, ...attributes, name };
}

/** An Avro name for a partition field, escaped like Java does it: `a-b` is `a_x2Db`, `2nd` is `_2nd`. */
export function avroName(name: string): string {
  return Array.from({ length: name.length }, (_, i) => escapeUnit(name.charAt(i), i === 0)).join('');
}

function escapeUnit(unit: string, first: boolean): string {
  if (/[A-Za-z_]/.test(unit) || (!first && /[0-9]/.test(unit))) return unit;
  return /[0-9]/.test(unit) ? `_${unit}` : `_x${unit.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** Iceberg's map with integer keys: Avro's own maps have string keys only. */
function mapByFieldId(keyId: number, valueId: number, value: AvroSchema): AvroSchema {
  const items = record(`k${keyId}_v${valueId}`, [
    required('key', keyId, 'int'),
    required('value', valueId, value),
  ]);
  return { type: 'array', logicalType: 'map', items };
}

function record(name: string, fields: readonly AvroField[]): AvroSchema {
  return { type: 'record', name, fields };
}

function required(name: string, id: number, type: AvroSchema): AvroField {
  return { name, type, 'field-id': id };
}

function optional(name: string, id: number, type: AvroSchema): AvroField {
  return { name, type: ['null', type], default: null, 'field-id': id };
}
