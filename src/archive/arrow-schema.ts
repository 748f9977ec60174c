import {
  Binary,
  Bool,
  type DataType,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  Schema,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import { PermafrostError } from '../errors.ts';
import type { NestedField, PrimitiveType, Type } from '../iceberg/schema.ts';

/** The Arrow schema of a data file: one field per Iceberg field, each carrying its id for the Parquet file. */
export function toArrowSchema(fields: readonly NestedField[]): Schema {
  return new Schema(fields.map((field) => toArrowField(field.name, field.id, field.required, field.type)));
}

function toArrowField(name: string, id: number, required: boolean, type: Type): Field {
  return new Field(name, toArrowType(type), !required, new Map([['PARQUET:field_id', String(id)]]));
}

function toArrowType(type: Type): DataType {
  if (typeof type === 'string') return toArrowPrimitive(type);
  if (type.type === 'list') {
    return new List(toArrowField('element', type['element-id'], type['element-required'], type.element));
  }
  throw new PermafrostError('unexpected', `no data file holds the Iceberg type ${type.type}`);
}

function toArrowPrimitive(type: PrimitiveType): DataType {
  switch (type) {
    case 'boolean':
      return new Bool();
    case 'int':
      return new Int32();
    case 'long':
      return new Int64();
    case 'float':
      return new Float32();
    case 'double':
      return new Float64();
    case 'date':
      return new DateDay();
    case 'timestamp':
      return new TimestampMicrosecond();
    case 'timestamptz':
      return new TimestampMicrosecond('UTC');
    case 'string':
      return new Utf8();
    case 'binary':
      return new Binary();
    default:
      return toArrowDecimal(type);
  }
}

function toArrowDecimal(type: PrimitiveType): DataType {
  const match = /^decimal\((\d+), (\d+)\)$/.exec(type);
  if (match === null) throw new PermafrostError('unexpected', `no data file holds the Iceberg type ${type}`);
  return new Decimal(Number(match[2]), Number(match[1]), 128);
}
