import { Decimal } from 'apache-arrow';
import { MalformedField, type TupleRun } from './column-decoding.ts';
import { FixedWidthDecoder } from './fixed-width-decoding.ts';
import type { SpecialCells } from './special-value.ts';
import { multiplyAdd, negate, wordsOf } from './wide-integer.ts';

/*
 * A numeric on the wire: int16 number of digits, int16 weight (of the first digit), uint16 sign, uint16 display
 * scale, then the digits in base 10,000, each worth 10,000 times the next.
 */
const HEADER_SIZE = 8;
const BASE = 10_000;
const DECIMALS_PER_DIGIT = 4;
const POSITIVE = 0x0000;
const NEGATIVE = 0x4000;
const SPECIAL_TEXTS: ReadonlyMap<number, string> = new Map([
  [0xc000, 'NaN'],
  [0xd000, 'Infinity'],
  [0xf000, '-Infinity'],
]);

/** Powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Digits, and whole digits behind the last one, that the quick way bears; beyond, a double may not be exact. */
const QUICK_DIGITS = 4;
const QUICK_GROUPS = 5;
/** Times this, a value becomes its words above the lowest. */
const HIGH_WORDS = 1 / 2 ** 32;

/**
 * numeric(precision, scale) as Decimal128: four little-endian 32-bit words, two's complement. The arithmetic is on
 * doubles that hold exact integers; a bigint for each value would cost several times as much.
 */
export class NumericDecoder extends FixedWidthDecoder<Int32Array> {
  readonly #scale: number;
  /** Magnitudes from here on are too long, or beyond exact doubles. */
  readonly #quickLimit: number;
  readonly #limitWords: readonly number[];
  readonly #specials: SpecialCells;
  readonly #magnitude: number[] = [0, 0, 0, 0];

  constructor(precision: number, scale: number, specials: SpecialCells) {
    super(new Decimal(scale, precision, 128), Int32Array);
    this.#scale = scale;
    this.#quickLimit = Math.min(POWERS_OF_TEN[precision] ?? Infinity, Number.MAX_SAFE_INTEGER);
    this.#limitWords = wordsOf(10n ** BigInt(precision));
    this.#specials = specials;
  }

  /** One long loop: it is where most of the time for a table of numbers goes, and calls would double it. */
  decode({ view, fields, stride, rows }: TupleRun, column: number): void {
    const start = this.length;
    const end = start + rows;
    const words = this.values.reserve(this.size(end));
    const limit = this.#quickLimit;
    // The scale ends within a digit: `cut` of its decimals must be zero there.
    const scaleDigits = Math.ceil(this.#scale / DECIMALS_PER_DIGIT);
    const cut = scaleDigits * DECIMALS_PER_DIGIT - this.#scale;
    const cutUnit = POWERS_OF_TEN[cut]!;
    const keptUnit = POWERS_OF_TEN[DECIMALS_PER_DIGIT - cut]!;
    for (let row = start, field = column; row < end; row++, field += stride) {
      const at = fields[field]!;
      const size = view.getInt32(at);
      if (size === -1) {
        clear(words, row);
        this.nulls.add(row);
        continue;
      }
      const digits = size >= HEADER_SIZE ? view.getInt16(at + 4) : -1;
      const sign = digits >= 0 ? view.getUint16(at + 8) : -1;
      if (
        digits > QUICK_DIGITS ||
        size !== HEADER_SIZE + 2 * digits ||
        (sign !== POSITIVE && sign !== NEGATIVE)
      ) {
        this.#decodeWide(view, at, words, row, row - start);
        continue;
      }
      if (digits === 0) {
        clear(words, row);
        continue;
      }
      // Whole digits between the last one and the end of the scale.
      const groups = view.getInt16(at + 6) - digits + 1 + scaleDigits;
      const lastAt = at + 10 + 2 * digits;
      let head = 0;
      let largest = 0;
      for (let digitAt = at + 12; digitAt < lastAt; digitAt += 2) {
        const digit = view.getUint16(digitAt);
        if (digit > largest) largest = digit;
        head = head * BASE + digit;
      }
      const last = view.getUint16(lastAt);
      let magnitude = Infinity;
      if (groups === 0) {
        const lastPart = last / cutUnit;
        if (Math.floor(lastPart) === lastPart) magnitude = head * keptUnit + lastPart;
      } else if (groups > 0 && groups <= QUICK_GROUPS) {
        magnitude = (head * BASE + last) * POWERS_OF_TEN[groups * DECIMALS_PER_DIGIT - cut]!;
      }
      if (magnitude >= limit || largest >= BASE || last >= BASE) {
        this.#decodeWide(view, at, words, row, row - start);
        continue;
      }
      const value = sign === NEGATIVE ? -magnitude : magnitude;
      const word = row * 4;
      words[word] = value;
      words[word + 1] = Math.floor(value * HIGH_WORDS);
      words[word + 2] = value < 0 ? -1 : 0;
      words[word + 3] = value < 0 ? -1 : 0;
    }
    this.length = end;
  }

  protected override size(rows: number): number {
    return rows * 4;
  }

  /** What is long, special or malformed. */
  #decodeWide(view: DataView, at: number, words: Int32Array, row: number, rowOfRun: number): void {
    const sign = checkedSign(view, at, rowOfRun);
    const magnitude = this.#magnitude;
    const fits =
      !SPECIAL_TEXTS.has(sign) &&
      readMagnitude(view, at, this.#scale, magnitude) &&
      isBelow(magnitude, this.#limitWords);
    if (fits) {
      if (sign === NEGATIVE) negate(magnitude);
      words.set(magnitude, row * 4);
    } else {
      this.#specials.add(row, SPECIAL_TEXTS.get(sign) ?? numericText(view, at, rowOfRun));
      clear(words, row);
      this.nulls.add(row);
    }
  }
}

function clear(words: Int32Array, row: number): void {
  words[row * 4] = 0;
  words[row * 4 + 1] = 0;
  words[row * 4 + 2] = 0;
  words[row * 4 + 3] = 0;
}

function checkedSign(view: DataView, at: number, rowOfRun: number): number {
  const size = view.getInt32(at);
  const digits = size >= HEADER_SIZE ? view.getInt16(at + 4) : -1;
  if (digits < 0 || size !== HEADER_SIZE + 2 * digits)
    throw new MalformedField(rowOfRun, 'numeric of wrong length');
  const sign = view.getUint16(at + 8);
  if (sign !== POSITIVE && sign !== NEGATIVE && !SPECIAL_TEXTS.has(sign)) {
    throw new MalformedField(rowOfRun, 'numeric of unknown sign');
  }
  for (let digitAt = at + 12; digitAt < at + 12 + 2 * digits; digitAt += 2) {
    if (view.getUint16(digitAt) >= BASE)
      throw new MalformedField(rowOfRun, 'numeric with a digit above 9999');
  }
  return sign;
}

/** Sets `words` to value × 10^scale without its sign; false when that is no integer or longer than 128 bits. */
function readMagnitude(view: DataView, at: number, scale: number, words: number[]): boolean {
  words.fill(0);
  const digits = view.getInt16(at + 4);
  let exponent = DECIMALS_PER_DIGIT * (view.getInt16(at + 6) + 1) + scale;
  for (let digitAt = at + 12; digitAt < at + 12 + 2 * digits; digitAt += 2) {
    exponent -= DECIMALS_PER_DIGIT;
    const digit = view.getUint16(digitAt);
    const unit = POWERS_OF_TEN[Math.min(DECIMALS_PER_DIGIT, Math.max(0, -exponent))]!;
    if (digit % unit !== 0 || !multiplyAdd(words, BASE / unit, digit / unit)) return false;
  }
  if (words.every((word) => word === 0)) return true;
  for (; exponent > 0; exponent -= DECIMALS_PER_DIGIT) {
    if (!multiplyAdd(words, POWERS_OF_TEN[Math.min(DECIMALS_PER_DIGIT, exponent)]!, 0)) return false;
  }
  return true;
}

function isBelow(words: readonly number[], limit: readonly number[]): boolean {
  for (let index = 3; index >= 0; index--) {
    if (words[index] !== limit[index]) return words[index]! < limit[index]!;
  }
  return false;
}

/** The text that Postgres prints for a finite numeric. It would hide digits beyond the scale, and never sends any. */
function numericText(view: DataView, at: number, rowOfRun: number): string {
  const digits = view.getInt16(at + 4);
  const weight = view.getInt16(at + 6);
  const displayScale = view.getUint16(at + 10);
  const group = (index: number): string =>
    String(index >= 0 && index < digits ? view.getUint16(at + 12 + 2 * index) : 0).padStart(
      DECIMALS_PER_DIGIT,
      '0',
    );
  const groups = (from: number, to: number): string =>
    Array.from({ length: Math.max(0, to - from) }, (_, index) => group(from + index)).join('');
  const whole = groups(0, weight + 1).replace(/^0+/, '') || '0';
  const fractionGroups = Math.ceil(displayScale / DECIMALS_PER_DIGIT);
  const decimals = groups(weight + 1, Math.max(digits, weight + 1 + fractionGroups));
  if (/[1-9]/.test(decimals.slice(displayScale)))
    throw new MalformedField(rowOfRun, 'numeric with digits beyond its scale');
  const fraction = decimals.slice(0, displayScale);
  const sign = view.getUint16(at + 8) === NEGATIVE ? '-' : '';
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
