import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareByCodePoint,
  compareValues,
  exactLowerBound,
  exactUpperBound,
  lowerBound,
  minMaxOf,
  truncateBinaryDown,
  truncateBinaryUp,
  truncateStringDown,
  truncateStringUp,
  upperBound,
} from '../../src/iceberg/bounds.ts';
import { fromSingleValueBytes, type SingleValue } from '../../src/iceberg/single-value.ts';
import { anyType, anyTypedValue, valuesOf } from './typed-value.ts';

const ICE = '\u{1f9ca}';
const LAST = '\u{10ffff}';
const utf8 = (text: string) => Buffer.from(text);
const text = fc.string({ unit: 'binary', maxLength: 40 });
/** Code points next to the edges where a step of one goes wrong. */
const edgyText = fc
  .array(fc.constantFrom('a', '\u{7f}', '\u{ffff}', '\u{d7ff}', '\u{e000}', '\u{10000}', LAST), {
    maxLength: 20,
  })
  .map((points) => points.join(''));

describe('bounds of strings', () => {
  test('sixteen code points are kept, not sixteen UTF-16 units', () => {
    expect(truncateStringDown(ICE.repeat(20))).toBe(ICE.repeat(16));
    expect(truncateStringUp(ICE.repeat(20))).toBe(`${ICE.repeat(15)}\u{1f9cb}`);
  });

  test('a string that is short enough is its own bound: nothing is raised', () => {
    expect(truncateStringUp('a'.repeat(16))).toBe('a'.repeat(16));
    expect(truncateStringUp('')).toBe('');
  });

  test('raising steps over the surrogates', () => {
    expect(truncateStringUp(`${'a'.repeat(15)}\u{d7ff}b`)).toBe(`${'a'.repeat(15)}\u{e000}`);
  });

  test('the last code point cannot be raised: the one before it is', () => {
    expect(truncateStringUp(`ab${LAST.repeat(20)}`)).toBe('ac');
  });

  test('no short string is above a run of the last code point: there is no upper bound', () => {
    expect(truncateStringUp(LAST.repeat(17))).toBeUndefined();
    expect(upperBound('string', LAST.repeat(17))).toBeUndefined();
  });

  test('strings compare like their UTF-8 bytes, where UTF-16 puts U+FFFF above U+10000', () => {
    expect(compareByCodePoint('\u{ffff}', '\u{10000}')).toBeLessThan(0);
    fc.assert(
      fc.property(fc.oneof(text, edgyText), fc.oneof(text, edgyText), (a, b) => {
        expect(Math.sign(compareByCodePoint(a, b))).toBe(Buffer.compare(utf8(a), utf8(b)));
      }),
    );
  });

  test('the bounds enclose the string and are no longer than sixteen code points', () => {
    fc.assert(
      fc.property(fc.oneof(text, edgyText), (value) => {
        const lower = truncateStringDown(value);
        const upper = truncateStringUp(value) ?? value;
        expect(Buffer.compare(utf8(lower), utf8(value))).toBeLessThanOrEqual(0);
        expect(Buffer.compare(utf8(value), utf8(upper))).toBeLessThanOrEqual(0);
        expect(Array.from(lower).length).toBeLessThanOrEqual(16);
        expect(truncateStringUp(value) === undefined || Array.from(upper).length <= 16).toBe(true);
      }),
    );
  });

  test('a lone surrogate is bounded as the U+FFFD that UTF-8 makes of it', () => {
    const value = '\u{d83e}'.repeat(20);
    expect(Buffer.compare(utf8(value), upperBound('string', value) ?? new Uint8Array())).toBeLessThan(0);
    expect(Buffer.compare(lowerBound('string', value) ?? new Uint8Array(), utf8(value))).toBeLessThan(0);
  });
});

describe('bounds of bytes', () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  const highBytes = fc
    .array(fc.constantFrom(0xfe, 0xff), { maxLength: 20 })
    .map((list) => Uint8Array.from(list));

  test('the last byte below 0xff is raised, what follows is dropped', () => {
    const value = Uint8Array.from([1, 2, ...Array<number>(20).fill(0xff)]);
    expect(truncateBinaryUp(value)).toEqual(Uint8Array.from([1, 3]));
  });

  test('no short run of bytes is above a longer run of 0xff: there is no upper bound', () => {
    expect(truncateBinaryUp(new Uint8Array(17).fill(0xff))).toBeUndefined();
    expect(truncateBinaryUp(new Uint8Array(16).fill(0xff))).toEqual(new Uint8Array(16).fill(0xff));
  });

  test('the bounds enclose the bytes and are no longer than sixteen', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, highBytes), (value) => {
        const lower = truncateBinaryDown(value);
        const upper = truncateBinaryUp(value);
        expect(Buffer.compare(lower, value)).toBeLessThanOrEqual(0);
        expect(upper === undefined || Buffer.compare(value, upper) <= 0).toBe(true);
        expect(Math.max(lower.length, upper?.length ?? 0)).toBeLessThanOrEqual(16);
      }),
    );
  });

  test('a bound does not share memory with the value', () => {
    const value = Uint8Array.from([1, 2]);
    const [lower, upper] = [lowerBound('binary', value), upperBound('binary', value)];
    value[0] = 9;
    expect([lower?.[0], upper?.[0]]).toEqual([1, 1]);
  });
});

describe('bounds of any type', () => {
  test('lower <= value <= upper', () => {
    const bounded = anyTypedValue.filter(({ type, value }) => type !== 'uuid' && !Number.isNaN(value));
    fc.assert(
      fc.property(bounded, ({ type, value }) => {
        const lower = fromSingleValueBytes(type, lowerBound(type, value) ?? new Uint8Array());
        const upper = upperBound(type, value);
        expect(compareValues(lower, value)).toBeLessThanOrEqual(0);
        // No upper bound at all is right as well; when there may be none is tested above.
        return upper === undefined || compareValues(value, fromSingleValueBytes(type, upper)) <= 0;
      }),
      { numRuns: 500 },
    );
  });

  test('uuids have no bounds, because readers disagree on their order', () => {
    const value = 'f79c3e09-677c-4bbd-a479-3f349cb785e7';
    expect([lowerBound('uuid', value), upperBound('uuid', value)]).toEqual([undefined, undefined]);
  });

  test.each(['float', 'double'] as const)('NaN is no bound of a %s', (type) => {
    expect([lowerBound(type, Number.NaN), upperBound(type, Number.NaN)]).toEqual([undefined, undefined]);
  });

  test('zero is bounded by -0.0 below and +0.0 above, whatever its own sign', () => {
    for (const zero of [0, -0]) {
      expect(fromSingleValueBytes('double', exactLowerBound('double', zero))).toBe(-0);
      expect(fromSingleValueBytes('double', exactUpperBound('double', zero))).toBe(0);
      expect(lowerBound('float', zero)).toEqual(Uint8Array.of(0, 0, 0, 0x80));
      expect(upperBound('float', zero)).toEqual(new Uint8Array(4));
    }
    expect(lowerBound('int', 0)).toEqual(new Uint8Array(4));
  });

  test('infinities are bounds, NaN and null never are', () => {
    const extremes = minMaxOf([
      Number.NaN,
      null,
      1,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
    expect(extremes).toEqual({ min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY });
    expect(minMaxOf([Number.NaN, null])).toBeUndefined();
    expect(minMaxOf([])).toBeUndefined();
  });

  test('the extremes enclose every value', () => {
    const columns = anyType.chain((type) =>
      fc.array(fc.option(valuesOf(type)), { minLength: 1 }).map((values) => ({ type, values })),
    );
    fc.assert(
      fc.property(columns, ({ values }) => {
        const extremes = minMaxOf(values);
        const counted = values.filter(
          (value): value is SingleValue => value !== null && !Number.isNaN(value),
        );
        expect(extremes === undefined).toBe(counted.length === 0);
        for (const value of counted) {
          expect(compareValues(extremes?.min ?? value, value)).toBeLessThanOrEqual(0);
          expect(compareValues(value, extremes?.max ?? value)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});
