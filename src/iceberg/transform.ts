import { PermafrostError } from '../errors.ts';
import { calendarDateOf, floorDivide } from './calendar-date.ts';
import type { PartitionValue } from './data-file.ts';
import { toMinimalBytes } from './decimal-bytes.ts';
import { murmur3 } from './murmur3.ts';
import type { Transform } from './partition-spec.ts';
import { type PrimitiveKind, primitiveKind } from './primitive-type.ts';
import type { PrimitiveType } from './schema.ts';
import { fromSingleValueBytes, type SingleValue, toSingleValueBytes, uuidBytes } from './single-value.ts';

type TimeUnit = 'year' | 'month' | 'day' | 'hour';

/** A transform taken apart: the parameter of bucket and truncate, the bare name of every other. */
export type TransformKind =
  | { readonly kind: 'bucket'; readonly buckets: number }
  | { readonly kind: 'truncate'; readonly width: number }
  | { readonly kind: 'identity' | 'void' | TimeUnit };

const EPOCH_YEAR = 1970;
const MICROS_PER_HOUR = 3_600_000_000n;
const MICROS_PER_DAY = 24n * MICROS_PER_HOUR;

const BUCKET_SOURCES = new Set(
  'int long decimal date time timestamp timestamptz string uuid fixed binary'.split(' '),
);
const TRUNCATE_SOURCES = new Set(['int', 'long', 'decimal', 'string', 'binary']);
const INSTANT_SOURCES = new Set(['timestamp', 'timestamptz']);

/** Takes a transform apart. Plural names (`days`) are not in the spec and are refused, as readers refuse them. */
export function transformKind(transform: Transform): TransformKind {
  switch (transform) {
    case 'identity':
    case 'void':
    case 'year':
    case 'month':
    case 'day':
    case 'hour':
      return { kind: transform };
    default:
      return parameterisedKind(transform);
  }
}

/** The type of a transform's result. Day gives `date`, as writers agree, although the spec says int. */
export function resultType(transform: Transform, sourceType: PrimitiveType): PrimitiveType {
  const { kind } = transformKind(transform);
  if (!isSource(kind, primitiveKind(sourceType).kind)) throw unfit(transform, sourceType);
  switch (kind) {
    case 'identity':
    case 'void':
    case 'truncate':
      return sourceType;
    case 'day':
      return 'date';
    default:
      return 'int';
  }
}

/** The partition value of a source value; null for null. Floors toward minus infinity, in UTC. */
export function applyTransform(
  transform: Transform,
  sourceType: PrimitiveType,
  value: PartitionValue,
): PartitionValue {
  const type = resultType(transform, sourceType);
  const parsed = transformKind(transform);
  if (value === null || parsed.kind === 'void') return null;
  const checked = fromSingleValueBytes(sourceType, toSingleValueBytes(sourceType, value));
  switch (parsed.kind) {
    case 'identity':
      return checked;
    case 'bucket':
      return (murmur3(hashedBytes(sourceType, checked)) & 0x7fffffff) % parsed.buckets;
    case 'truncate':
      return truncate(type, parsed.width, checked);
    default:
      return timeUnitsSinceEpoch(parsed.kind, checked);
  }
}

/** What bucket hashes: whole numbers and instants as 8-byte longs, so that a promotion keeps the bucket. */
function hashedBytes(type: PrimitiveType, value: SingleValue): Uint8Array {
  if (typeof value === 'number') return toSingleValueBytes('long', BigInt(value));
  if (typeof value === 'bigint' && primitiveKind(type).kind === 'decimal') return toMinimalBytes(value);
  return type === 'uuid' && typeof value === 'string' ? uuidBytes(value) : toSingleValueBytes(type, value);
}

function truncate(type: PrimitiveType, width: number, value: SingleValue): SingleValue {
  if (typeof value === 'string') return Array.from(value).slice(0, width).join('');
  if (value instanceof Uint8Array) return value.slice(0, width);
  const divisor = BigInt(width);
  const floored = floorDivide(BigInt(value), divisor) * divisor;
  const result = typeof value === 'number' ? Number(floored) : floored;
  // Next to the least number of its type the floor may not fit any more.
  toSingleValueBytes(type, result);
  return result;
}

/** Dates are days (`number`), instants microseconds (`bigint`). */
function timeUnitsSinceEpoch(unit: TimeUnit, value: SingleValue): number {
  if (typeof value === 'bigint' && unit === 'hour') return Number(floorDivide(value, MICROS_PER_HOUR));
  const days = typeof value === 'bigint' ? Number(floorDivide(value, MICROS_PER_DAY)) : Number(value);
  if (unit === 'day') return days;
  const { year, month } = calendarDateOf(days);
  return unit === 'year' ? year - EPOCH_YEAR : (year - EPOCH_YEAR) * 12 + month - 1;
}

function isSource(transform: TransformKind['kind'], source: PrimitiveKind['kind']): boolean {
  switch (transform) {
    case 'identity':
    case 'void':
      return true;
    case 'bucket':
      return BUCKET_SOURCES.has(source);
    case 'truncate':
      return TRUNCATE_SOURCES.has(source);
    case 'hour':
      return INSTANT_SOURCES.has(source);
    default:
      return source === 'date' || INSTANT_SOURCES.has(source);
  }
}

function parameterisedKind(transform: string): TransformKind {
  const [, name, digits] = /^(bucket|truncate)\[(\d+)\]$/.exec(transform) ?? [];
  const parameter = Number(digits);
  if (name === 'bucket' && isParameter(parameter)) return { kind: 'bucket', buckets: parameter };
  if (name === 'truncate' && isParameter(parameter)) return { kind: 'truncate', width: parameter };
  throw new PermafrostError('configuration', `partition transform ${transform} is not in the Iceberg spec`, {
    cure: 'use identity, bucket[N], truncate[W], year, month, day, hour or void',
  });
}

function isParameter(parameter: number): boolean {
  return parameter >= 1 && parameter <= 0x7fffffff;
}

function unfit(transform: Transform, type: PrimitiveType): PermafrostError {
  return new PermafrostError(
    'configuration',
    `partition transform ${transform} cannot be applied to type ${type}`,
    { cure: 'partition the table by another column or transform' },
  );
}
