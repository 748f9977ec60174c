import type { Data } from 'apache-arrow';
import { ColumnEncoder, type FieldTarget, int32Of, LENGTH_SIZE } from './column-encoding.ts';
import { copyWords } from './text-encoding.ts';

/* The wire form is described at the decoder. Postgres keeps no zero digits at either end. */
const HEADER_SIZE = 8;
const BASE = 10_000;
const WIDE_BASE = 10_000n;
const DECIMALS_PER_DIGIT = 4;
const NEGATIVE = 0x4000;
/** More digits than 128 bits have. */
const MOST_DIGITS = 12;
const LARGEST_FIELD = LENGTH_SIZE + HEADER_SIZE + 2 * MOST_DIGITS;
const WORD = 2 ** 32;

/**
 * Decimal128 as numeric(p, s). Iceberg's scale is the display scale too: Postgres gives every value of a numeric(p, s)
 * the scale of its column. Fields are made while they are measured, and copied when they are written.
 */
export class NumericEncoder extends ColumnEncoder {
  readonly #scale: number;
  /** The last digit of base 10,000 holds `unit` values, each worth 10,000 / unit. */
  readonly #unit: number;
  readonly #fractionDigits: number;
  #words: Int32Array = new Int32Array();
  #fields = new DataView(new ArrayBuffer(0));
  #ends = new Int32Array();
  /** Digits of the current value, the last one first. */
  readonly #digits = new Uint16Array(MOST_DIGITS);

  constructor(scale: number) {
    super();
    this.#scale = scale;
    this.#fractionDigits = Math.ceil(scale / DECIMALS_PER_DIGIT);
    this.#unit = 10 ** (DECIMALS_PER_DIGIT - (this.#fractionDigits * DECIMALS_PER_DIGIT - scale));
  }

  protected load(column: Data): void {
    this.#words = int32Of(column);
  }

  measure(from: number, count: number, sizes: Int32Array): void {
    if (this.#ends.length < count) {
      this.#ends = new Int32Array(count);
      this.#fields = new DataView(new ArrayBuffer(count * LARGEST_FIELD));
    }
    let at = 0;
    for (let index = 0, row = from; index < count; index++, row++) {
      const start = at;
      if (this.isPresent(row)) {
        at = this.#makeField(row, at);
        sizes[index]! += at - start;
      } else sizes[index]! += this.absentSize(row);
      this.#ends[index] = at;
    }
  }

  write(from: number, count: number, target: FieldTarget): void {
    const { view, positions } = target;
    let start = 0;
    for (let index = 0, row = from; index < count; index++, row++) {
      const at = positions[index]!;
      const size = this.#ends[index]! - start;
      if (size > 0) {
        copyWords(this.#fields, start, view, at, size);
        positions[index] = at + size;
      } else positions[index] = this.writeAbsent(row, target, at);
      start += size;
    }
  }

  /** Splits the value into digits and writes the field at `at`; gives where it ends. */
  #makeField(row: number, at: number): number {
    const words = this.#words;
    const high = words[4 * row + 1]!;
    const sign = high >> 31;
    const isNarrow = words[4 * row + 2] === sign && words[4 * row + 3] === sign;
    const value = high * WORD + (words[4 * row]! >>> 0);
    const isExact = isNarrow && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
    const count = isExact ? this.#split(Math.abs(value)) : this.#splitWide(magnitudeOf(words, 4 * row));
    return this.#writeField(at, count, words[4 * row + 3]! < 0 ? NEGATIVE : 0);
  }

  #split(magnitude: number): number {
    if (magnitude === 0) return 0;
    const digits = this.#digits;
    let rest = Math.floor(magnitude / this.#unit);
    digits[0] = (magnitude - rest * this.#unit) * (BASE / this.#unit);
    let count = 1;
    while (rest > 0) {
      const higher = Math.floor(rest / BASE);
      digits[count++] = rest - higher * BASE;
      rest = higher;
    }
    return count;
  }

  #splitWide(magnitude: bigint): number {
    const unit = BigInt(this.#unit);
    this.#digits[0] = Number(magnitude % unit) * (BASE / this.#unit);
    let count = 1;
    for (let rest = magnitude / unit; rest > 0n; rest /= WIDE_BASE) {
      this.#digits[count++] = Number(rest % WIDE_BASE);
    }
    return count;
  }

  #writeField(at: number, count: number, sign: number): number {
    const fields = this.#fields;
    const digits = this.#digits;
    let last = 0;
    while (last < count && digits[last] === 0) last++;
    const kept = count - last;
    fields.setInt32(at, HEADER_SIZE + 2 * kept);
    fields.setInt16(at + 4, kept);
    fields.setInt16(at + 6, kept === 0 ? 0 : count - 1 - this.#fractionDigits);
    fields.setUint16(at + 8, sign);
    fields.setUint16(at + 10, this.#scale);
    let to = at + LENGTH_SIZE + HEADER_SIZE;
    for (let index = count - 1; index >= last; index--, to += 2) fields.setUint16(to, digits[index]!);
    return to;
  }
}

function magnitudeOf(words: Int32Array, at: number): bigint {
  let value = BigInt(words[at + 3]!);
  for (let word = 2; word >= 0; word--) value = (value << 32n) | BigInt(words[at + word]! >>> 0);
  return value < 0n ? -value : value;
}

const SPECIAL_SIGNS: ReadonlyMap<string, number> = new Map([
  ['NaN', 0xc000],
  ['Infinity', 0xd000],
  ['-Infinity', 0xf000],
]);

/** The wire form of any numeric, from Postgres' text of it. Throws for another text. */
export function encodeNumericText(text: string): Buffer {
  const special = SPECIAL_SIGNS.get(text);
  if (special !== undefined) return uint16s(0, 0, special, 0);
  const [, minus, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (minus === undefined) throw new TypeError('not a numeric');
  const wholeDigits = Math.ceil(whole.length / DECIMALS_PER_DIGIT);
  const fractionDigits = Math.ceil(fraction.length / DECIMALS_PER_DIGIT);
  const decimals =
    whole.padStart(wholeDigits * DECIMALS_PER_DIGIT, '0') +
    fraction.padEnd(fractionDigits * DECIMALS_PER_DIGIT, '0');
  const digits = Array.from({ length: wholeDigits + fractionDigits }, (_, index) =>
    Number(decimals.slice(index * DECIMALS_PER_DIGIT, (index + 1) * DECIMALS_PER_DIGIT)),
  );
  const first = digits.findIndex((digit) => digit !== 0);
  const kept = first < 0 ? [] : digits.slice(first, digits.findLastIndex((digit) => digit !== 0) + 1);
  const weight = first < 0 ? 0 : wholeDigits - 1 - first;
  return uint16s(kept.length, weight, minus === '' ? 0 : NEGATIVE, fraction.length, ...kept);
}

function uint16s(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => bytes.writeUInt16BE(value & 0xffff, 2 * index));
  return bytes;
}
