import { PermafrostError } from '../errors.ts';
import type { AvroRecord } from './avro-file.ts';
import { fieldOf, plainBytes } from './avro-record.ts';
import { type AvroComplexType, type AvroField, type AvroSchema, branchesOf } from './avro-schema.ts';
import type { PartitionValue } from './data-file.ts';
import { bytesForPrecision, fromBigEndianBytes, toFixedBytes } from './decimal-bytes.ts';
import { avroName } from './manifest-schema.ts';
import type { TypedPartitionField } from './partition-type.ts';
import { primitiveKind } from './primitive-type.ts';
import type { PrimitiveType } from './schema.ts';
import { type SingleValue, toSingleValueBytes, uuidText } from './single-value.ts';

/** Field ids of the spec: `manifest_entry.data_file` and `data_file.partition`. */
const DATA_FILE = 2;
const PARTITION = 102;

type PartitionValues = ReadonlyMap<number, PartitionValue>;

/** The Avro record of a file's partition values. Each field of the spec needs its value or null: none is made up. */
export function partitionRecord(
  partition: readonly TypedPartitionField[],
  values: PartitionValues,
): AvroRecord {
  if (values.size !== partition.length) throw unfitTuple();
  return Object.fromEntries(
    partition.map((field) => {
      const value = values.get(field['field-id']);
      if (value === undefined) throw unfitTuple();
      return [avroName(field.name), value === null ? null : avroValue(field.type, value)];
    }),
  );
}

function avroValue(type: PrimitiveType, value: SingleValue): unknown {
  const singleValue = toSingleValueBytes(type, value);
  const parsed = primitiveKind(type);
  switch (parsed.kind) {
    case 'decimal':
      return Buffer.from(toFixedBytes(fromBigEndianBytes(singleValue), bytesForPrecision(parsed.precision)));
    case 'uuid':
    case 'fixed':
    case 'binary':
      return Buffer.from(singleValue);
    default:
      return value;
  }
}

/** How one partition field is stored, as far as it decides the form of its values. */
export type StoredPartitionField = { readonly fieldId: number; readonly logicalType: string | undefined };

/**
 * The partition fields of a manifest, from its own Avro schema: that also knows fields whose source column the table has
 * dropped since. Empty for an unpartitioned one.
 */
export function storedPartitionFields(entrySchema: AvroSchema): readonly StoredPartitionField[] {
  const dataFile = fieldsOf(entrySchema).find((field) => field['field-id'] === DATA_FILE);
  const partition = fieldsOf(dataFile?.type ?? []).find((field) => field['field-id'] === PARTITION);
  const logicalTypes = new Map<string, string | undefined>();
  return fieldsOf(partition?.type ?? []).flatMap((field) => {
    const fieldId = field['field-id'];
    return fieldId === undefined ? [] : [{ fieldId, logicalType: logicalTypeOf(field.type, logicalTypes) }];
  });
}

/** The partition values of a decoded `partition` record, by partition field id. */
export function partitionValues(
  fields: readonly StoredPartitionField[],
  record: AvroRecord,
): PartitionValues {
  return new Map(
    fields.map(({ fieldId, logicalType }) => [
      fieldId,
      partitionValue(fieldOf(record, fieldId), logicalType),
    ]),
  );
}

function partitionValue(stored: unknown, logicalType: string | undefined): PartitionValue {
  if (stored instanceof Uint8Array) {
    if (logicalType === 'decimal') return fromBigEndianBytes(stored);
    return logicalType === 'uuid' ? uuidText(stored) : plainBytes(stored);
  }
  switch (typeof stored) {
    case 'boolean':
    case 'number':
    case 'bigint':
    case 'string':
      return stored;
    default:
      if (stored === null) return null;
      throw new PermafrostError('lake-foreign', 'a manifest has a partition value that is not primitive', {
        cure: 'find the writer of this snapshot: its metadata does not follow the Iceberg spec',
      });
  }
}

/** A named type carries its logical type only where it is defined. */
function logicalTypeOf(schema: AvroSchema, known: Map<string, string | undefined>): string | undefined {
  for (const branch of branchesOf(schema)) {
    if (typeof branch === 'string') {
      if (known.has(branch)) return known.get(branch);
      continue;
    }
    if (branch.name !== undefined) known.set(branch.name, branch.logicalType);
    return branch.logicalType;
  }
  return undefined;
}

/** The fields of a record schema; also of a nullable one. */
function fieldsOf(schema: AvroSchema): readonly AvroField[] {
  const complex = branchesOf(schema).filter(
    (branch): branch is AvroComplexType => typeof branch !== 'string',
  );
  return complex[0]?.fields ?? [];
}

function unfitTuple(): PermafrostError {
  return new PermafrostError(
    'unexpected',
    'the partition values of a data file are not those of its partition spec',
    {
      cure: 'report this as a defect: each partition field needs a value or null',
    },
  );
}
