import { assertNever } from '../errors.ts';
import type { LeafColumn } from './column-type.ts';

/**
 * A bound in the form Iceberg serialises: boolean; number for INT32 (int, days) and floats; bigint for INT64 (long,
 * microseconds) and for the unscaled value of any decimal; string for text; bytes for the rest.
 */
export type BoundValue = boolean | number | bigint | string | Uint8Array;

/** Statistics of one column chunk, as the footer has them; min and max in Parquet's plain encoding. */
export type ChunkStatistics = {
  readonly valueCount: number;
  readonly nullCount: number | undefined;
  readonly min: Uint8Array | undefined;
  readonly max: Uint8Array | undefined;
};

export type ColumnStatistics = {
  /** Exact, nulls and NaN counted; of a repeated column, its elements. */
  readonly valueCount: number;
  /** Exact; undefined where a row group does not say. */
  readonly nullCount: number | undefined;
  /** At or below every value that is neither null nor NaN; undefined where there is none, or none is known. */
  readonly min: BoundValue | undefined;
  /** At or above every such value. Of long texts it is longer than no value, and may be greater than all. */
  readonly max: BoundValue | undefined;
};

/**
 * Statistics of a column over all row groups. A wrong bound makes readers lose rows in silence, so that one chunk that
 * does not tell, or tells what cannot be understood, leaves the column without bounds. The writer cuts texts to 64
 * bytes at a character's start and raises the last character of an upper bound; where it cannot, it keeps the whole.
 */
export function combineStatistics(column: LeafColumn, chunks: readonly ChunkStatistics[]): ColumnStatistics {
  const nullCounts = chunks.map((chunk) => chunk.nullCount);
  const isCounted = nullCounts.every((count) => count !== undefined);
  return {
    valueCount: sum(chunks.map((chunk) => chunk.valueCount)),
    nullCount: isCounted ? sum(nullCounts) : undefined,
    ...combineBounds(column, chunks),
  };
}

function combineBounds(column: LeafColumn, chunks: readonly ChunkStatistics[]) {
  const none = { min: undefined, max: undefined };
  const type = column.repeated ? undefined : boundType(column);
  if (type === undefined) return none;
  let min: BoundValue | undefined;
  let max: BoundValue | undefined;
  for (const chunk of chunks) {
    if (chunk.nullCount === chunk.valueCount) continue;
    const chunkMin = chunk.min && type.read(chunk.min);
    const chunkMax = chunk.max && type.read(chunk.max);
    if (chunkMin === undefined || chunkMax === undefined || type.compare(chunkMin, chunkMax) > 0) return none;
    if (min === undefined || type.compare(chunkMin, min) < 0) min = chunkMin;
    if (max === undefined || type.compare(chunkMax, max) > 0) max = chunkMax;
  }
  // Writers differ in whether they tell −0 from +0: a bound of zero takes in both.
  return { min: min === 0 && type.isFloat ? -0 : min, max: max === 0 && type.isFloat ? 0 : max };
}

type BoundType = {
  readonly isFloat: boolean;
  /** Undefined for bytes that are no value of the type, and for NaN. */
  read(bytes: Uint8Array): BoundValue | undefined;
  compare(a: BoundValue, b: BoundValue): number;
};

/** Undefined for types whose order readers dispute (unsigned, UUID, INT96) or that are not known here. */
function boundType(column: LeafColumn): BoundType | undefined {
  const { physicalType, logicalType } = column;
  switch (logicalType.kind) {
    case 'none':
      return plainBoundType(column);
    case 'string':
      return { isFloat: false, read: readText, compare: compareTexts };
    case 'date':
    case 'timestamp':
      return signedNumber(column);
    case 'integer':
      return logicalType.signed ? signedNumber(column) : undefined;
    case 'decimal':
      if (physicalType === 'INT32' || physicalType === 'INT64') {
        return { isFloat: false, read: readLittleEndianDecimal, compare: compareNumbers };
      }
      return { isFloat: false, read: readBigEndianDecimal, compare: compareNumbers };
    case 'other':
      return undefined;
    default:
      return assertNever(logicalType);
  }
}

function plainBoundType(column: LeafColumn): BoundType | undefined {
  switch (column.physicalType) {
    case 'BOOLEAN':
      return {
        isFloat: false,
        read: (bytes) => (bytes.byteLength === 1 ? bytes[0] === 1 : undefined),
        compare: compareNumbers,
      };
    case 'FLOAT':
      return { isFloat: true, read: (bytes) => readFloat(bytes, 4), compare: compareNumbers };
    case 'DOUBLE':
      return { isFloat: true, read: (bytes) => readFloat(bytes, 8), compare: compareNumbers };
    case 'BYTE_ARRAY':
    case 'FIXED_LEN_BYTE_ARRAY':
      return { isFloat: false, read: (bytes) => bytes.slice(), compare: compareBytes };
    default:
      return signedNumber(column);
  }
}

function signedNumber({ physicalType }: LeafColumn): BoundType | undefined {
  if (physicalType === 'INT32') return { isFloat: false, read: readInt32, compare: compareNumbers };
  if (physicalType === 'INT64') return { isFloat: false, read: readInt64, compare: compareNumbers };
  return undefined;
}

function readInt32(bytes: Uint8Array): number | undefined {
  return bytes.byteLength === 4 ? viewOf(bytes).getInt32(0, true) : undefined;
}

function readInt64(bytes: Uint8Array): bigint | undefined {
  return bytes.byteLength === 8 ? viewOf(bytes).getBigInt64(0, true) : undefined;
}

function readFloat(bytes: Uint8Array, width: 4 | 8): number | undefined {
  if (bytes.byteLength !== width) return undefined;
  const value = width === 4 ? viewOf(bytes).getFloat32(0, true) : viewOf(bytes).getFloat64(0, true);
  return Number.isNaN(value) ? undefined : value;
}

function readLittleEndianDecimal(bytes: Uint8Array): bigint | undefined {
  const narrow = readInt32(bytes);
  return narrow === undefined ? readInt64(bytes) : BigInt(narrow);
}

/** Two's complement of any width. */
function readBigEndianDecimal(bytes: Uint8Array): bigint | undefined {
  if (bytes.byteLength === 0) return undefined;
  return BigInt.asIntN(bytes.byteLength * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** As Iceberg orders them: by UTF-8 bytes. JavaScript's own order differs above U+FFFF. */
function compareTexts(a: BoundValue, b: BoundValue): number {
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

function compareBytes(a: BoundValue, b: BoundValue): number {
  return a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) : 0;
}

/** Numbers, bigints and booleans, always of one kind here. */
function compareNumbers(a: BoundValue, b: BoundValue): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
