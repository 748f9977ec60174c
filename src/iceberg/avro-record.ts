import { PermafrostError } from '../errors.ts';
import type { AvroRecord } from './avro-file.ts';

/** A field's value by its id; null also where the writer left the column out. */
export function fieldOf(record: AvroRecord, id: number): unknown {
  return record[`f${id}`] ?? null;
}

/** A long; also from an int column. */
export function longOf(record: AvroRecord, id: number): bigint {
  return optionalLongOf(record, id) ?? missing(id);
}

/** A long, or null where there is none. */
export function optionalLongOf(record: AvroRecord, id: number): bigint | null {
  const value = fieldOf(record, id);
  if (value === null || typeof value === 'bigint') return value;
  return typeof value === 'number' ? BigInt(value) : mistyped(id);
}

/** An int; also from a long column. */
export function intOf(record: AvroRecord, id: number): number {
  return optionalIntOf(record, id) ?? missing(id);
}

/** An int, or null where there is none. */
export function optionalIntOf(record: AvroRecord, id: number): number | null {
  const value = fieldOf(record, id);
  if (value === null || typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(value) : mistyped(id);
}

/** A string. */
export function stringOf(record: AvroRecord, id: number): string {
  const value = fieldOf(record, id);
  if (typeof value === 'string') return value;
  return value === null ? missing(id) : mistyped(id);
}

/** A boolean. */
export function booleanOf(record: AvroRecord, id: number): boolean {
  const value = fieldOf(record, id);
  if (typeof value === 'boolean') return value;
  return value === null ? missing(id) : mistyped(id);
}

/** Bytes, or null where there are none. */
export function optionalBytesOf(record: AvroRecord, id: number): Uint8Array | null {
  const value = fieldOf(record, id);
  if (value === null) return null;
  return value instanceof Uint8Array ? plainBytes(value) : mistyped(id);
}

/** Bytes. */
export function bytesOf(record: AvroRecord, id: number): Uint8Array {
  return optionalBytesOf(record, id) ?? missing(id);
}

/** A nested record. */
export function recordOf(record: AvroRecord, id: number): AvroRecord {
  const value = fieldOf(record, id);
  if (value === null) return missing(id);
  return isRecord(value) ? value : mistyped(id);
}

function optionalListOf(record: AvroRecord, id: number): readonly unknown[] | null {
  const value = fieldOf(record, id);
  if (value === null) return null;
  return Array.isArray(value) ? value : mistyped(id);
}

/** The items of an array of records; null where there is none. */
export function optionalRecordsOf(record: AvroRecord, id: number): readonly AvroRecord[] | null {
  return optionalListOf(record, id)?.map((item) => (isRecord(item) ? item : mistyped(id))) ?? null;
}

/** The items of an array of longs; also of ints. */
export function optionalLongsOf(record: AvroRecord, id: number): readonly bigint[] | null {
  const exact = (item: unknown) =>
    typeof item === 'bigint' || typeof item === 'number' ? BigInt(item) : mistyped(id);
  return optionalListOf(record, id)?.map(exact) ?? null;
}

/** Bytes without the ways of Node's Buffer, whose `slice` shares memory. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isRecord(value: unknown): value is AvroRecord {
  return typeof value === 'object' && value !== null;
}

function missing(id: number): never {
  throw foreign(`has no value for the required field ${id}`);
}

function mistyped(id: number): never {
  throw foreign(`has a value of another type in field ${id}`);
}

function foreign(what: string): PermafrostError {
  return new PermafrostError('lake-foreign', `a manifest or manifest list ${what}`, {
    cure: 'find the writer of this snapshot: its metadata does not follow the Iceberg spec',
  });
}
