import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calendarDateOf } from '../../src/iceberg/calendar-date.ts';
import type { PartitionValue } from '../../src/iceberg/data-file.ts';
import { murmur3 } from '../../src/iceberg/murmur3.ts';
import type { Transform } from '../../src/iceberg/partition-spec.ts';
import type { PrimitiveType } from '../../src/iceberg/schema.ts';
import { toSingleValueBytes, uuidBytes } from '../../src/iceberg/single-value.ts';
import { applyTransform, resultType } from '../../src/iceberg/transform.ts';
import { anyTypedValue } from './typed-value.ts';

const micros = (iso: string, extra = 0n) => BigInt(Date.parse(iso)) * 1000n + extra;
const days = (iso: string) => Date.parse(iso) / 86_400_000;

describe('bucket', () => {
  const TIME = ((22n * 60n + 31n) * 60n + 8n) * 1_000_000n;
  test.each<readonly [PrimitiveType, PartitionValue, number]>([
    ['int', 34, 2_017_239_379],
    ['long', 34n, 2_017_239_379],
    ['decimal(9, 2)', 1420n, -500_754_589],
    ['date', days('2017-11-16'), -653_330_422],
    ['time', TIME, -662_762_989],
    ['timestamp', micros('2017-11-16T22:31:08Z'), -2_047_944_441],
    ['timestamptz', micros('2017-11-16T22:31:08Z'), -2_047_944_441],
    ['timestamp', micros('2017-11-16T22:31:08Z', 1n), -1_207_196_810],
    ['string', 'iceberg', 1_210_000_089],
    ['uuid', 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 1_488_055_340],
    ['binary', Uint8Array.of(0, 1, 2, 3), -188_683_207],
    ['fixed[4]', Uint8Array.of(0, 1, 2, 3), -188_683_207],
  ])('%s hashes as the spec says (%#)', (type, value, hash) => {
    // With 2^31 - 1 buckets the bucket is all but the hash itself.
    const most = 2 ** 31 - 1;
    expect(applyTransform(`bucket[${most}]`, type, value)).toBe((hash & most) % most);
    expect(applyTransform('bucket[16]', type, value)).toBe((hash & most) % 16);
  });

  test('the hash of the spec keeps its sign', () => {
    expect(murmur3(toSingleValueBytes('string', 'iceberg'))).toBe(1_210_000_089);
    expect(murmur3(Uint8Array.of(0, 1, 2, 3))).toBe(-188_683_207);
    expect(murmur3(uuidBytes('f79c3e09-677c-4bbd-a479-3f349cb785e7'))).toBe(1_488_055_340);
    expect(murmur3(new Uint8Array())).toBe(0);
  });

  test('a promotion to long keeps the bucket', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(applyTransform('bucket[7]', 'int', value)).toBe(
          applyTransform('bucket[7]', 'long', BigInt(value)),
        );
      }),
    );
  });
});

describe('truncate', () => {
  test.each<readonly [Transform, PrimitiveType, PartitionValue, PartitionValue]>([
    ['truncate[10]', 'int', 1, 0],
    ['truncate[10]', 'int', -1, -10],
    ['truncate[10]', 'int', -10, -10],
    ['truncate[10]', 'long', -1n, -10n],
    ['truncate[50]', 'decimal(9, 2)', 1065n, 1050n],
    ['truncate[50]', 'decimal(9, 2)', -1n, -50n],
    ['truncate[3]', 'string', 'iceberg', 'ice'],
    ['truncate[2]', 'string', '\u{1f9ca}\u{1f9ca}\u{1f9ca}', '\u{1f9ca}\u{1f9ca}'],
    ['truncate[1]', 'binary', Uint8Array.of(7, 8), Uint8Array.of(7)],
  ])("%s of %s is the spec's (%#)", (transform, type, value, expected) => {
    expect(applyTransform(transform, type, value)).toEqual(expected);
  });

  test('a floor below the least int is refused, not wrapped around', () => {
    const misfit = expect.objectContaining({ code: 'value-unrepresentable' });
    expect(() => applyTransform('truncate[10]', 'int', -(2 ** 31))).toThrow(misfit);
  });
});

describe('time transforms', () => {
  test.each<readonly [Transform, PrimitiveType, PartitionValue, PartitionValue]>([
    ['year', 'date', days('2017-11-16'), 47],
    ['month', 'date', days('2017-11-16'), 574],
    ['day', 'date', days('2017-11-16'), 17_486],
    ['year', 'timestamp', micros('2017-11-16T22:31:08Z'), 47],
    ['month', 'timestamptz', micros('2017-11-16T22:31:08Z'), 574],
    ['day', 'timestamp', micros('2017-11-16T22:31:08Z'), 17_486],
    ['hour', 'timestamp', micros('2017-11-16T22:31:08Z'), 419_686],
    ['year', 'date', -1, -1],
    ['month', 'date', -1, -1],
    ['year', 'timestamp', -1n, -1],
    ['month', 'timestamp', -1n, -1],
    ['day', 'timestamp', -1n, -1],
    ['hour', 'timestamp', -1n, -1],
    ['hour', 'timestamp', -3_600_000_000n, -1],
    ['hour', 'timestamp', -3_600_000_001n, -2],
    ['day', 'timestamptz', micros('1969-12-31T00:00:00Z'), -1],
  ])('%s of %s floors toward minus infinity (%#)', (transform, type, value, expected) => {
    expect(applyTransform(transform, type, value)).toBe(expected);
  });

  test('the last instant of a long has a day, although Date ends before it', () => {
    expect(applyTransform('day', 'timestamp', 2n ** 63n - 1n)).toBe(106_751_991);
    expect(applyTransform('year', 'timestamp', 2n ** 63n - 1n)).toBe(294_247 - 1970);
  });

  test('the calendar agrees with Date wherever Date has an answer', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), (day) => {
        const date = new Date(day * 86_400_000);
        expect(calendarDateOf(day)).toEqual({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
        });
      }),
      { numRuns: 2000 },
    );
    expect(calendarDateOf(days('2000-02-29'))).toEqual({ year: 2000, month: 2, day: 29 });
    expect(calendarDateOf(days('2100-03-01'))).toEqual({ year: 2100, month: 3, day: 1 });
  });
});

describe('every transform', () => {
  test('null stays null, and void makes null of anything', () => {
    expect(applyTransform('bucket[4]', 'long', null)).toBeNull();
    expect(applyTransform('day', 'timestamp', null)).toBeNull();
    expect(applyTransform('void', 'string', 'text')).toBeNull();
  });

  test('identity gives the value back', () => {
    fc.assert(
      fc.property(anyTypedValue, ({ type, value }) => {
        expect(applyTransform('identity', type, value)).toEqual(value);
      }),
    );
  });

  test.each<readonly [Transform, PrimitiveType, PrimitiveType]>([
    ['identity', 'decimal(9, 2)', 'decimal(9, 2)'],
    ['void', 'string', 'string'],
    ['truncate[4]', 'string', 'string'],
    ['bucket[4]', 'string', 'int'],
    ['year', 'date', 'int'],
    ['hour', 'timestamptz', 'int'],
    ['day', 'timestamp', 'date'],
  ])('%s of %s gives %s', (transform, source, result) => {
    expect(resultType(transform, source)).toBe(result);
  });

  test.each<readonly [Transform, PrimitiveType]>([
    ['hour', 'date'],
    ['day', 'long'],
    ['bucket[4]', 'double'],
    ['bucket[4]', 'boolean'],
    ['truncate[4]', 'uuid'],
    ['truncate[4]', 'fixed[3]'],
  ])('%s of %s is refused', (transform, source) => {
    expect(() => resultType(transform, source)).toThrow(expect.objectContaining({ code: 'configuration' }));
  });

  test.each(['bucket[0]', 'bucket[-1]', 'bucket[4294967296]', 'truncate[1.5]'] as const)(
    '%s is not a transform of the spec',
    (transform) => {
      expect(() => resultType(transform, 'timestamp')).toThrow(/not in the Iceberg spec/);
    },
  );

  test('the plural of a transform is refused, as readers refuse it', () => {
    // @ts-expect-error: other writers spell it so
    expect(() => resultType('days', 'timestamp')).toThrow(/not in the Iceberg spec/);
  });
});
