import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PrimitiveType } from '../../src/iceberg/schema.ts';
import {
  fromSingleValueBytes,
  type SingleValue,
  toSingleValueBytes,
} from '../../src/iceberg/single-value.ts';
import { anyTypedValue } from './typed-value.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

const vectors: readonly (readonly [PrimitiveType, SingleValue, string])[] = [
  ['boolean', false, '00'],
  ['boolean', true, '01'],
  ['int', 34, '22000000'],
  ['int', -2_147_483_648, '00000080'],
  ['date', -1, 'ffffffff'],
  ['long', 34n, '2200000000000000'],
  ['long', -9_223_372_036_854_775_808n, '0000000000000080'],
  ['timestamp', -1n, 'ffffffffffffffff'],
  ['timestamptz', 1_510_871_468_000_001n, '01c3262d215e0500'],
  ['time', 1n, '0100000000000000'],
  ['float', 1.5, '0000c03f'],
  ['double', -0, '0000000000000080'],
  ['decimal(9, 2)', 0n, '00'],
  ['decimal(9, 2)', 128n, '0080'],
  ['decimal(9, 2)', 127n, '7f'],
  ['decimal(9, 2)', -128n, '80'],
  ['decimal(9, 2)', -129n, 'ff7f'],
  ['decimal(9, 2)', 1420n, '058c'],
  ['decimal(38, 0)', 10n ** 38n - 1n, '4b3b4ca85a86c47a098a223fffffffff'],
  ['decimal(38, 0)', 1n - 10n ** 38n, 'b4c4b357a5793b85f675ddc000000001'],
  ['string', 'iceberg', '69636562657267'],
  ['string', '\u{feff}ü\u{1f9ca}', 'efbbbfc3bcf09fa78a'],
  ['string', '', ''],
  ['uuid', 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 'f79c3e09677c4bbda4793f349cb785e7'],
  ['binary', bytes('00ff'), '00ff'],
  ['fixed[2]', bytes('0102'), '0102'],
];

describe('single-value serialisation', () => {
  test.each(vectors)('%s has the bytes of the spec, both ways (%#)', (type, value, expected) => {
    expect(hex(toSingleValueBytes(type, value))).toBe(expected);
    expect(fromSingleValueBytes(type, bytes(expected))).toEqual(value);
  });

  test('a decimal spelt without the canonical space is understood', () => {
    // @ts-expect-error: other writers spell it so
    expect(hex(toSingleValueBytes('decimal(9,2)', 1420n))).toBe('058c');
  });

  test('every value comes back as it was', () => {
    fc.assert(
      fc.property(anyTypedValue, ({ type, value }) => {
        expect(fromSingleValueBytes(type, toSingleValueBytes(type, value))).toEqual(value);
      }),
    );
  });

  test('a bound written before a promotion keeps its old width', () => {
    expect(fromSingleValueBytes('long', bytes('feffffff'))).toBe(-2n);
    expect(fromSingleValueBytes('double', bytes('0000c03f'))).toBe(1.5);
    expect(fromSingleValueBytes('decimal(18, 2)', bytes('ff7f'))).toBe(-129n);
    expect(fromSingleValueBytes('decimal(18, 2)', bytes('ffffff7f'))).toBe(-129n);
  });

  test.each([
    ['int', 'ff'],
    ['date', '0000000000000000'],
    ['timestamp', '00000000'],
    ['float', '0000000000000000'],
    ['decimal(9, 2)', ''],
    ['uuid', '00'],
    ['fixed[2]', '000000'],
  ] as const)('bytes of a wrong width are no %s', (type, text) => {
    expect(() => fromSingleValueBytes(type, bytes(text))).toThrow(
      expect.objectContaining({ code: 'integrity' }),
    );
  });

  test.each([
    ['int', 2 ** 31],
    ['int', 1.5],
    ['int', 1n],
    ['long', 1],
    ['long', 2n ** 63n],
    ['timestamp', 1],
    ['decimal(3, 1)', 1000n],
    ['decimal(3, 1)', -1000n],
    ['string', 1],
    ['uuid', 'not a uuid'],
    ['boolean', 1],
    ['binary', 'text'],
    ['fixed[2]', new Uint8Array(3)],
  ] as const)('a value that is no %s is refused without being quoted (%#)', (type, value) => {
    const error = expect.objectContaining({
      code: 'value-unrepresentable',
      message: `a value does not fit the Iceberg type ${type}`,
    });
    expect(() => toSingleValueBytes(type, value)).toThrow(error);
  });
});
