import {
  Binary,
  Bool,
  type DataType,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BoundValue } from '../../src/parquet/column-statistics.ts';
import type { ColumnSummary } from '../../src/parquet/parquet-footer.ts';
import { readFooter } from '../../src/parquet/parquet-footer.ts';
import { type Cell, makeBatch, makeSchema } from './arrow-column.ts';
import { footerOf, writeFile } from './parquet-file.ts';

/** One column, one row group for each array of cells (row groups of a byte hold one batch). */
async function summaryOf(type: DataType, ...groups: readonly (readonly Cell[])[]): Promise<ColumnSummary> {
  const column = { name: 'a', type, fieldId: 7 };
  const schema = makeSchema([column]);
  const batches = groups.map((cells) => makeBatch([{ ...column, cells }], schema));
  const file = await writeFile(schema, batches, { rowGroupBytes: 1 });
  const footer = await footerOf(file);
  expect(footer.rows).toBe(groups.flat().length);
  return footer.columns[0]!;
}

describe('bounds', () => {
  test('are taken over all row groups, nulls counted', async () => {
    expect(await summaryOf(new Int32(), [5, null], [-3, 9], [null, null])).toMatchObject({
      fieldId: 7,
      valueCount: 6,
      nullCount: 3,
      min: -3,
      max: 9,
    });
  });

  test('a column of nulls has none, and its count is exact', async () => {
    for (const type of [new Int64(), new Utf8(), new Bool(), new Float64(), new Decimal(2, 38, 128)]) {
      expect(await summaryOf(type, [null, null], [null])).toMatchObject({
        valueCount: 3,
        nullCount: 3,
        min: undefined,
        max: undefined,
      });
    }
  });

  test('a column without rows has none', async () => {
    expect(await summaryOf(new Int64())).toMatchObject({
      valueCount: 0,
      nullCount: 0,
      compressedBytes: 0,
      min: undefined,
      max: undefined,
    });
  });

  test.for<[DataType, BoundValue, BoundValue]>([
    [new Bool(), false, true],
    [new Int32(), -(2 ** 31), 2 ** 31 - 1],
    [new Int64(), -(2n ** 63n), 2n ** 63n - 1n],
    [new DateDay(), -2_440_588, 2_145_031_948],
    [new TimestampMicrosecond(), -1n, 2n ** 53n + 1n],
    [new TimestampMicrosecond('UTC'), -(2n ** 53n) - 1n, -1n],
    [new Decimal(2, 5, 128), -99_999n, 128n],
    [new Decimal(0, 15, 128), -(2n ** 53n), 999_999_999_999_999n],
    [new Decimal(10, 38, 128), -(10n ** 38n) + 1n, 10n ** 38n - 1n],
    [new Utf8(), '', '\ufeffbyte order mark'],
    [new Binary(), new Uint8Array([0]), new Uint8Array([255, 0])],
  ])('have the exact value: %s', async ([type, min, max]) => {
    expect(await summaryOf(type, [max, null], [min])).toMatchObject({ min, max, nullCount: 1 });
  });

  test('of floats know no NaN, and of zero take in both zeros', async () => {
    for (const type of [new Float32(), new Float64()]) {
      expect(await summaryOf(type, [NaN, 1.5, null, -2])).toMatchObject({ min: -2, max: 1.5, nullCount: 1 });
      expect(await summaryOf(type, [NaN, NaN])).toMatchObject({ min: undefined, max: undefined });
      expect(await summaryOf(type, [1], [NaN])).toMatchObject({ min: undefined, max: undefined });
      const zeros = [await summaryOf(type, [0, -0]), await summaryOf(type, [0]), await summaryOf(type, [-0])];
      for (const { min, max } of zeros) expect([min, max]).toEqual([-0, 0]);
      expect(await summaryOf(type, [-Infinity, Infinity])).toMatchObject({ min: -Infinity, max: Infinity });
    }
  });

  test('of long texts: a prefix below, a raised prefix above', async () => {
    const { min, max } = await summaryOf(new Utf8(), ['b'.repeat(70), 'a'.repeat(70)]);
    expect(min).toBe('a'.repeat(64));
    expect(max).toBe(`${'b'.repeat(63)}c`);
  });

  test('of long texts: a character that stands across the cut is left out, not torn', async () => {
    const text = `${'x'.repeat(63)}é${'y'.repeat(20)}`;
    const { min, max } = await summaryOf(new Utf8(), [text]);
    expect(min).toBe('x'.repeat(63));
    expect(max).toBe(`${'x'.repeat(62)}y`);
  });

  test('of long texts: what cannot be raised stays whole', async () => {
    const highest = '\u{10ffff}'.repeat(20);
    expect(await summaryOf(new Utf8(), [highest])).toMatchObject({ max: highest });
    const allOnes = new Uint8Array(70).fill(255);
    expect(await summaryOf(new Binary(), [allOnes])).toMatchObject({ max: allOnes });
  });

  test('of texts follow UTF-8, where JavaScript orders otherwise', async () => {
    const inUtf8Order = ['\uffff', '\u{10000}'];
    expect(inUtf8Order.toSorted()).toEqual(inUtf8Order.toReversed());
    const [min, max] = inUtf8Order;
    expect(await summaryOf(new Utf8(), [max!], [min!])).toMatchObject({ min, max });
  });

  test('of lists there are none, nor counts of nulls', async () => {
    const list = new List(new Field('element', new Int64(), true));
    expect(await summaryOf(list, [[1n, null], null, []])).toMatchObject({
      path: ['a', 'list', 'element'],
      repeated: true,
      nullCount: undefined,
      min: undefined,
      max: undefined,
    });
  });
});

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom('a', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10ffff}', '\u007f'),
    minLength: 10,
    maxLength: 90,
  }),
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 10 }),
  fc
    .array(fc.constantFrom(0, 127, 128, 254, 255), { minLength: 60, maxLength: 80 })
    .map((list) => Uint8Array.from(list)),
);

/** One form for all types that sorts as Iceberg sorts the values. */
function orderOf(value: Cell | undefined): bigint | number | string {
  if (typeof value === 'string' || value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  throw new Error('no such value in these tests');
}

const kinds: readonly [string, DataType, fc.Arbitrary<Cell>][] = [
  ['int', new Int32(), fc.integer()],
  ['long', new Int64(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  ['double', new Float64(), fc.double({ noNaN: true })],
  ['decimal(38)', new Decimal(3, 38, 128), fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })],
  ['string', new Utf8(), text],
  ['binary', new Binary(), bytes],
];

describe('whatever the values, bounds hold and nulls are counted', () => {
  test.for(kinds)('%s', async ([, type, value]) => {
    const cells = fc.array(fc.option(value, { freq: 4 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(cells, { minLength: 1, maxLength: 3 }), async (groups) => {
        const values = groups.flat().filter((cell) => cell !== null);
        const { min, max, nullCount } = await summaryOf(type, ...groups);
        expect(nullCount).toBe(groups.flat().length - values.length);
        expect([min, max].includes(undefined)).toBe(values.length === 0);
        const outside = values.filter((cell) => orderOf(cell) < orderOf(min) || orderOf(cell) > orderOf(max));
        expect(outside).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the file as a whole', () => {
  test('row groups: the first starts at 4, each next where the one before ends', async () => {
    const column = { name: 'a', type: new Int32() };
    const schema = makeSchema([column]);
    const batches = [1, 2, 3].map((cell) => makeBatch([{ ...column, cells: [cell, cell] }], schema));
    const { rows, rowGroups, columns } = await footerOf(
      await writeFile(schema, batches, { rowGroupBytes: 1 }),
    );
    expect(rows).toBe(6);
    expect(rowGroups.map((group) => group.rows)).toEqual([2, 2, 2]);
    let expected = 4;
    for (const group of rowGroups) {
      expect(group.offset).toBe(expected);
      expected += group.bytes;
    }
    expect(columns[0]?.compressedBytes).toBe(expected - 4);
  });

  test('a footer longer than the first read is read whole', async () => {
    const columns = Array.from({ length: 3000 }, (_, i) => ({
      name: `a rather long name of a column, number ${i}`,
      type: new Int32(),
      cells: [i],
    }));
    const batch = makeBatch(columns);
    const footer = await footerOf(await writeFile(batch.schema, [batch]));
    expect(footer.columns).toHaveLength(3000);
    expect(footer.columns[2999]).toMatchObject({ min: 2999, max: 2999 });
  });

  test('F17: a file cut at any place is refused', async () => {
    const batch = makeBatch([{ name: 'a', type: new Int32(), cells: [1, 2, 3] }]);
    const file = await writeFile(batch.schema, [batch]);
    for (let bytesLeft = 0; bytesLeft < file.byteLength; bytesLeft += 1) {
      await expect(footerOf(file.subarray(0, bytesLeft))).rejects.toMatchObject({ code: 'integrity' });
    }
  });

  test('a footer of noise is refused', async () => {
    const noise = Buffer.concat([Buffer.alloc(500, 0xa5), Buffer.from([0x64, 1, 0, 0]), Buffer.from('PAR1')]);
    await expect(footerOf(noise)).rejects.toMatchObject({ code: 'integrity' });
    const tooLong = Buffer.concat([Buffer.alloc(50), Buffer.from([255, 255, 255, 255]), Buffer.from('PAR1')]);
    await expect(footerOf(tooLong)).rejects.toMatchObject({ code: 'integrity' });
  });

  test('an error of the store passes through', async () => {
    const broken = new Error('no such object');
    const source = { bytes: 100, getRange: () => Promise.reject(broken) };
    await expect(readFooter(source)).rejects.toBe(broken);
  });
});
