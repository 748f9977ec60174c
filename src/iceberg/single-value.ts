import { assertNever, PermafrostError } from '../errors.ts';
import type { PartitionValue } from './data-file.ts';
import { fromBigEndianBytes, toMinimalBytes } from './decimal-bytes.ts';
import { primitiveKind } from './primitive-type.ts';
import type { PrimitiveType } from './schema.ts';

/**
 * One value that is not null, in the form this room uses for each type: `number` for int, float, double and date (days),
 * `bigint` for long, time, timestamp, timestamptz (microseconds) and decimal (unscaled), `string` for string and uuid
 * (canonical text), bytes for binary and fixed.
 */
export type SingleValue = Exclude<PartitionValue, null>;

/** The binary single-value serialisation (spec, Appendix D). A value that its type cannot hold is refused. */
export function toSingleValueBytes(type: PrimitiveType, value: SingleValue): Uint8Array {
  const { kind } = primitiveKind(type);
  switch (kind) {
    case 'boolean':
      return Uint8Array.of(booleanOf(type, value) ? 1 : 0);
    case 'int':
    case 'date':
      return scalarBytes(4, (view) => view.setInt32(0, intOf(type, value), true));
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return scalarBytes(8, (view) => view.setBigInt64(0, longOf(type, value), true));
    case 'float':
      return scalarBytes(4, (view) => view.setFloat32(0, numberOf(type, value), true));
    case 'double':
      return scalarBytes(8, (view) => view.setFloat64(0, numberOf(type, value), true));
    case 'decimal':
      return toMinimalBytes(decimalOf(type, value));
    case 'string':
      return new TextEncoder().encode(stringOf(type, value));
    case 'uuid':
      return uuidBytes(stringOf(type, value));
    case 'fixed':
    case 'binary':
      return bytesOf(type, value);
    default:
      return assertNever(kind);
  }
}

/**
 * Reads the binary single-value serialisation. Bytes written before a promotion keep their old width: a long may have
 * 4 bytes, a double those of a float, a decimal any number.
 */
export function fromSingleValueBytes(type: PrimitiveType, bytes: Uint8Array): SingleValue {
  const parsed = primitiveKind(type);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (parsed.kind) {
    case 'boolean':
      requireWidth(type, bytes, [1]);
      return bytes[0] !== 0;
    case 'int':
    case 'date':
      requireWidth(type, bytes, [4]);
      return view.getInt32(0, true);
    case 'long':
      requireWidth(type, bytes, [4, 8]);
      return bytes.length === 4 ? BigInt(view.getInt32(0, true)) : view.getBigInt64(0, true);
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      requireWidth(type, bytes, [8]);
      return view.getBigInt64(0, true);
    case 'float':
      requireWidth(type, bytes, [4]);
      return view.getFloat32(0, true);
    case 'double':
      requireWidth(type, bytes, [4, 8]);
      return bytes.length === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
    case 'decimal':
      if (bytes.length === 0) throw wrongWidth(type, 0);
      return fromBigEndianBytes(bytes);
    case 'string':
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    case 'uuid':
      requireWidth(type, bytes, [16]);
      return uuidText(bytes);
    case 'fixed':
      requireWidth(type, bytes, [parsed.length]);
      return bytes;
    case 'binary':
      return bytes;
    default:
      return assertNever(parsed);
  }
}

/** The 16 bytes of a uuid, most significant first. */
export function uuidBytes(text: string): Uint8Array {
  const hex = text.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw misfit('uuid');
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** The canonical lower-case text of a uuid. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function booleanOf(type: PrimitiveType, value: SingleValue): boolean {
  if (typeof value !== 'boolean') throw misfit(type);
  return value;
}

function intOf(type: PrimitiveType, value: SingleValue): number {
  if (typeof value !== 'number' || (value | 0) !== value) throw misfit(type);
  return value;
}

function longOf(type: PrimitiveType, value: SingleValue): bigint {
  if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) throw misfit(type);
  return value;
}

function numberOf(type: PrimitiveType, value: SingleValue): number {
  if (typeof value !== 'number') throw misfit(type);
  return value;
}

function decimalOf(type: PrimitiveType, value: SingleValue): bigint {
  const parsed = primitiveKind(type);
  if (parsed.kind !== 'decimal' || typeof value !== 'bigint') throw misfit(type);
  const limit = 10n ** BigInt(parsed.precision);
  if (value >= limit || value <= -limit) throw misfit(type);
  return value;
}

function stringOf(type: PrimitiveType, value: SingleValue): string {
  if (typeof value !== 'string') throw misfit(type);
  return value;
}

function bytesOf(type: PrimitiveType, value: SingleValue): Uint8Array {
  const parsed = primitiveKind(type);
  if (!(value instanceof Uint8Array)) throw misfit(type);
  if (parsed.kind === 'fixed' && value.length !== parsed.length) throw misfit(type);
  return value;
}

function scalarBytes(width: number, put: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(width);
  put(new DataView(bytes.buffer));
  return bytes;
}

function requireWidth(type: PrimitiveType, bytes: Uint8Array, widths: readonly number[]): void {
  if (!widths.includes(bytes.length)) throw wrongWidth(type, bytes.length);
}

function wrongWidth(type: PrimitiveType, width: number): PermafrostError {
  return new PermafrostError('integrity', `a serialised ${type} cannot have ${width} bytes`, {
    cure: 'verify the table: a bound in its metadata is damaged',
  });
}

function misfit(type: PrimitiveType): PermafrostError {
  return new PermafrostError('value-unrepresentable', `a value does not fit the Iceberg type ${type}`, {
    cure: 'map the column to a wider type, or to string',
  });
}
