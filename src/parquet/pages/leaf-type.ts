import { DataType, DateUnit, type Decimal, Precision, type Timestamp, TimeUnit } from 'apache-arrow';
import type { ThriftField } from '../compact-thrift.ts';
import { SCHEMA_ELEMENT } from '../footer-fields.ts';
import { booleanField, int32Field, structField } from '../thrift-fields.ts';
import { booleanValues } from './boolean-values.ts';
import { BytesBounds } from './bytes-bounds.ts';
import { bytesValues } from './bytes-values.ts';
import { FloatBounds } from './float-bounds.ts';
import { Int32Bounds, Int64Bounds } from './integer-bounds.ts';
import { pairValues } from './pair-values.ts';
import { shortenBytes, shortenText } from './shortened-bound.ts';
import type { ValueEncoding } from './value-encoding.ts';
import { wideDecimalValues } from './wide-decimal-values.ts';
import { wordValues } from './word-values.ts';

/** A type of values as Parquet has it, and how they are written. */
export type LeafType = {
  /** By parquet.thrift. */
  readonly physicalType: number;
  readonly values: ValueEncoding;
  /** What else the schema says: fields of its element. */
  readonly annotations: Readonly<Record<number, ThriftField>>;
};

/** By parquet.thrift: physical types, converted types, members of the union of logical types and of time units. */
const PHYSICAL = { boolean: 0, int32: 1, int64: 2, float: 4, double: 5, bytes: 6, fixedBytes: 7 } as const;
const CONVERTED = { utf8: 0, decimal: 5, date: 6, timestampMicros: 10 } as const;
const LOGICAL = { string: 1, decimal: 5, date: 6, timestamp: 8 } as const;
const MICROS = 2;

const MOST_DIGITS_OF_INT32 = 9;
const MOST_DIGITS_OF_INT64 = 18;
/** Words of a decimal in Arrow. */
const DECIMAL_STRIDE = 4;

const int32 = wordValues(1, () => new Int32Bounds());
const int64 = pairValues(2, () => new Int64Bounds());
const narrowDecimal = wordValues(DECIMAL_STRIDE, () => new Int32Bounds());
const decimal = pairValues(DECIMAL_STRIDE, () => new Int64Bounds());
const float = wordValues(1, () => new FloatBounds(Float32Array));
const double = pairValues(2, () => new FloatBounds(Float64Array));
const text = bytesValues(() => new BytesBounds(shortenText));
const binary = bytesValues(() => new BytesBounds(shortenBytes));

/** Undefined for types that are not written here. */
export function leafTypeOf(type: DataType): LeafType | undefined {
  if (DataType.isBool(type)) return leaf(PHYSICAL.boolean, booleanValues);
  if (DataType.isInt(type)) return type.isSigned ? integerType(type.bitWidth) : undefined;
  if (DataType.isFloat(type)) return floatType(type.precision);
  if (DataType.isDecimal(type)) return type.bitWidth === 128 ? decimalType(type) : undefined;
  if (DataType.isBinary(type)) return leaf(PHYSICAL.bytes, binary);
  if (DataType.isUtf8(type)) return leaf(PHYSICAL.bytes, text, annotated(CONVERTED.utf8, LOGICAL.string));
  if (DataType.isDate(type) && type.unit === DateUnit.DAY)
    return leaf(PHYSICAL.int32, int32, annotated(CONVERTED.date, LOGICAL.date));
  if (DataType.isTimestamp(type) && type.unit === TimeUnit.MICROSECOND) return timestampType(type);
  return undefined;
}

function integerType(bitWidth: number): LeafType | undefined {
  if (bitWidth === 32) return leaf(PHYSICAL.int32, int32);
  return bitWidth === 64 ? leaf(PHYSICAL.int64, int64) : undefined;
}

function floatType(precision: Precision): LeafType | undefined {
  if (precision === Precision.SINGLE) return leaf(PHYSICAL.float, float);
  return precision === Precision.DOUBLE ? leaf(PHYSICAL.double, double) : undefined;
}

function timestampType({ timezone }: Timestamp): LeafType {
  const isUtc = timezone !== null && timezone !== undefined;
  const unit = structField({ [MICROS]: structField({}) });
  const logical = { 1: booleanField(isUtc), 2: unit };
  return leaf(PHYSICAL.int64, int64, annotated(CONVERTED.timestampMicros, LOGICAL.timestamp, logical));
}

function decimalType({ precision, scale }: Decimal): LeafType {
  const logical = { 1: int32Field(scale), 2: int32Field(precision) };
  const annotations = {
    ...annotated(CONVERTED.decimal, LOGICAL.decimal, logical),
    [SCHEMA_ELEMENT.scale]: int32Field(scale),
    [SCHEMA_ELEMENT.precision]: int32Field(precision),
  };
  if (precision <= MOST_DIGITS_OF_INT32) return leaf(PHYSICAL.int32, narrowDecimal, annotations);
  if (precision <= MOST_DIGITS_OF_INT64) return leaf(PHYSICAL.int64, decimal, annotations);
  const width = bytesOfDigits(precision);
  return leaf(PHYSICAL.fixedBytes, wideDecimalValues(width), {
    ...annotations,
    [SCHEMA_ELEMENT.typeLength]: int32Field(width),
  });
}

/** Bytes that hold any signed number of so many decimal digits. */
function bytesOfDigits(digits: number): number {
  return Math.ceil((Math.log2(10) * digits + 1) / 8);
}

function leaf(
  physicalType: number,
  values: ValueEncoding,
  annotations: LeafType['annotations'] = {},
): LeafType {
  return { physicalType, values, annotations };
}

/** The logical type, and the one that came before it, for readers that know no other. */
function annotated(
  converted: number,
  logical: number,
  members: Readonly<Record<number, ThriftField>> = {},
): LeafType['annotations'] {
  return {
    [SCHEMA_ELEMENT.convertedType]: int32Field(converted),
    [SCHEMA_ELEMENT.logicalType]: structField({ [logical]: structField(members) }),
  };
}
