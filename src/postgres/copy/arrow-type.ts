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
import { assertNever } from '../../errors.ts';
import type { WireColumn, WireType } from './wire-column.ts';

/** The Arrow type that a wire type decodes into. */
export function arrowTypeOf(wire: WireType): DataType {
  switch (wire.kind) {
    case 'bool':
      return new Bool();
    case 'int2':
    case 'int4':
      return new Int32();
    case 'int8':
    case 'oid':
      return new Int64();
    case 'float4':
      return new Float32();
    case 'float8':
      return new Float64();
    case 'numeric':
      return new Decimal(wire.scale, wire.precision, 128);
    case 'text':
    case 'jsonb':
    case 'uuid':
      return new Utf8();
    case 'bytea':
      return new Binary();
    case 'date':
      return new DateDay();
    case 'timestamp':
      return new TimestampMicrosecond(wire.utc ? 'UTC' : null);
    case 'array':
      return new List(new Field('element', arrowTypeOf(wire.element), true));
    default:
      return assertNever(wire);
  }
}

/** Name of the companion column that keeps the text of values the column's own type cannot hold. */
export function companionNameOf(name: string): string {
  return `${name}__raw`;
}

/** The Arrow schema of the batches that a reader gives: each column, followed by its companion if it has one. */
export function arrowSchemaOf(columns: readonly WireColumn[]): Schema {
  return new Schema(
    columns.flatMap((column) => {
      const field = new Field(column.name, arrowTypeOf(column.wire), column.nullable || column.companion);
      return column.companion ? [field, new Field(companionNameOf(column.name), new Utf8(), true)] : [field];
    }),
  );
}
