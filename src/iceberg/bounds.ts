import type { PartitionValue } from './data-file.ts';
import type { PrimitiveType } from './schema.ts';
import { type SingleValue, toSingleValueBytes } from './single-value.ts';

/** Code points of a string, or bytes of a binary, that a column bound keeps: the default of every Iceberg writer. */
export const BOUND_WIDTH = 16;

const MAX_CODE_POINT = 0x10ffff;
const FIRST_SURROGATE = 0xd800;
const AFTER_SURROGATES = 0xe000;

/** The least and the greatest value of a set. */
export type MinMax = { readonly min: SingleValue; readonly max: SingleValue };

/**
 * A column's lower bound as a manifest holds it: never greater than `min`. Undefined where a bound would mislead
 * readers: NaN has no place in the order, and readers disagree on how uuids compare.
 */
export function lowerBound(type: PrimitiveType, min: SingleValue): Uint8Array | undefined {
  if (hasNoBound(type, min)) return undefined;
  if (typeof min === 'string') return toSingleValueBytes(type, truncateStringDown(min));
  if (min instanceof Uint8Array) return truncateBinaryDown(min);
  return exactLowerBound(type, min);
}

/** A column's upper bound: never less than `max`. Undefined like the lower one, and where no short value is greater. */
export function upperBound(type: PrimitiveType, max: SingleValue): Uint8Array | undefined {
  if (hasNoBound(type, max)) return undefined;
  if (typeof max === 'string') {
    const truncated = truncateStringUp(max);
    return truncated === undefined ? undefined : toSingleValueBytes(type, truncated);
  }
  if (max instanceof Uint8Array) return truncateBinaryUp(max);
  return exactUpperBound(type, max);
}

/** The whole value as a lower bound. Zero becomes -0.0, which sorts before +0.0 for some readers. */
export function exactLowerBound(type: PrimitiveType, min: SingleValue): Uint8Array {
  return toSingleValueBytes(type, min === 0 ? -0 : min);
}

/** The whole value as an upper bound. Zero becomes +0.0. */
export function exactUpperBound(type: PrimitiveType, max: SingleValue): Uint8Array {
  return toSingleValueBytes(type, max === 0 ? 0 : max);
}

/** The extremes of the values that are neither null nor NaN; undefined where there is none. */
export function minMaxOf(values: Iterable<PartitionValue>): MinMax | undefined {
  let extremes: { min: SingleValue; max: SingleValue } | undefined;
  for (const value of values) {
    if (value === null || Number.isNaN(value)) continue;
    if (extremes === undefined) extremes = { min: value, max: value };
    else if (compareValues(value, extremes.min) < 0) extremes.min = value;
    else if (compareValues(value, extremes.max) > 0) extremes.max = value;
  }
  return extremes;
}

/**
 * Iceberg's order of two values of one type, neither of them NaN: numbers by size, false before true, strings by code
 * point, bytes unsigned. The database's collation plays no part.
 */
export function compareValues(a: SingleValue, b: SingleValue): number {
  if (typeof a === 'string' && typeof b === 'string') return compareByCodePoint(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (a < b) return -1;
  return a > b ? 1 : 0;
}

/** Order of the UTF-8 bytes, which is that of the code points; `<` compares UTF-16 and differs above U+FFFF. */
export function compareByCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

/** The first code points of a string: a prefix is never greater than the whole. */
export function truncateStringDown(text: string, width = BOUND_WIDTH): string {
  return firstCodePoints(text, width).join('');
}

/**
 * The shortest-cut string that is not less than the whole: itself if it is short, else its prefix with the last code
 * point that can be raised raised by one. Undefined where all are U+10FFFF.
 */
export function truncateStringUp(text: string, width = BOUND_WIDTH): string | undefined {
  const prefix = firstCodePoints(text, width);
  if (prefix.join('').length === text.length) return prefix.join('');
  for (let i = prefix.length - 1; i >= 0; i--) {
    const raised = (prefix[i]?.codePointAt(0) ?? MAX_CODE_POINT) + 1;
    if (raised > MAX_CODE_POINT) continue;
    const valid = raised === FIRST_SURROGATE ? AFTER_SURROGATES : raised;
    return prefix.slice(0, i).join('') + String.fromCodePoint(valid);
  }
  return undefined;
}

/** The first bytes: a prefix is never greater than the whole. */
export function truncateBinaryDown(bytes: Uint8Array, width = BOUND_WIDTH): Uint8Array {
  return bytes.slice(0, width);
}

/** The prefix with its last byte below 0xff raised by one; the whole if it is short; undefined if all are 0xff. */
export function truncateBinaryUp(bytes: Uint8Array, width = BOUND_WIDTH): Uint8Array | undefined {
  if (bytes.length <= width) return bytes.slice();
  for (let i = width - 1; i >= 0; i--) {
    const byte = bytes[i] ?? 0xff;
    if (byte === 0xff) continue;
    const raised = bytes.slice(0, i + 1);
    raised[i] = byte + 1;
    return raised;
  }
  return undefined;
}

function hasNoBound(type: PrimitiveType, value: SingleValue): boolean {
  return type === 'uuid' || Number.isNaN(value);
}

/** Only as many code points as asked for are looked at: the text may be very long. Lone surrogates become U+FFFD, as in UTF-8. */
function firstCodePoints(text: string, count: number): string[] {
  const points: string[] = [];
  for (const point of text) {
    if (points.length === count) break;
    points.push(point.toWellFormed());
  }
  return points;
}

/** Moves the surrogates, which spell code points above U+FFFF, behind the rest of UTF-16. */
function codePointRank(codeUnit: number): number {
  if (codeUnit < FIRST_SURROGATE) return codeUnit;
  return codeUnit < AFTER_SURROGATES ? codeUnit + 0x2000 : codeUnit - 0x800;
}
