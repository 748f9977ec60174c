import { type DataType, Field, Int32, Int64, List, type RecordBatch, Schema, Utf8 } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { ENCODING } from '../../../src/parquet/footer-fields.ts';
import { type Cell, makeBatch } from '../arrow-column.ts';
import { footerOf, readRows, writeFile } from '../parquet-file.ts';
import { pagesIn, type StoredPage } from './stored-page.ts';

const MIB = 2 ** 20;
const { plain, rleDictionary } = ENCODING;
const ONE_GROUP = { rowGroupBytes: 100 * MIB, compression: 'uncompressed' } as const;

const listOf = (type: DataType, nullable = true) => new List(new Field('element', type, nullable));

function batchOf(type: DataType, cells: readonly Cell[], nullable = true): RecordBatch {
  return makeBatch([{ name: 'a', type, cells }], new Schema([new Field('a', type, nullable)]));
}

const many = <T>(count: number, value: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => value(index));

/** Spread over all 32 bits, and each only once. */
const scattered = (index: number): number => Math.imul(index, 0x9e3779b1) | 0;

async function write(batches: readonly RecordBatch[]): Promise<Uint8Array> {
  return writeFile(batches[0]!.schema, batches, ONE_GROUP);
}

const pagesOf = (file: Uint8Array): readonly StoredPage[] => pagesIn(file).flat(2);

const valuesOf = async (file: Uint8Array): Promise<unknown[]> =>
  (await readRows(file)).map((row) => row['a'] ?? null);

describe('pages of lists', () => {
  test('end between rows, and have as many values as they have levels', async () => {
    const cells = many(100_000, (row) => many(row % 7, (element) => scattered(row * 7 + element)));
    const batches = [batchOf(listOf(new Int32()), cells)];
    const file = await write(batches);
    const pages = pagesOf(file);
    expect(pages.length).toBeGreaterThan(1);
    let row = 0;
    for (const { values, plainBytes } of pages) {
      expect(plainBytes).toBeLessThan(1.5 * MIB);
      let levels = 0;
      for (; levels < values; row++) levels += Math.max(1, cells[row]!.length);
      expect(levels).toBe(values);
    }
    expect(row).toBe(cells.length);
    expect((await footerOf(file)).columns[0]).toMatchObject({
      valueCount: pages.reduce((sum, { values }) => sum + values, 0),
      nullCount: undefined,
    });
    expect(await valuesOf(file)).toEqual(cells);
  });

  test('are longer than others where one list is', async () => {
    const long = many(500_000, scattered);
    const cells = [[1], null, long, [], [2, null], long];
    const file = await write([batchOf(listOf(new Int32()), cells)]);
    expect(pagesOf(file).map(({ values }) => values)).toEqual([2, 500_000, 3, 500_000]);
    expect(await valuesOf(file)).toEqual(cells);
  });

  test('end where there are many lists without elements', async () => {
    const cells = many(300_000, (row) => (row % 2 === 0 ? null : []));
    const file = await write([batchOf(listOf(new Utf8()), cells)]);
    expect(pagesOf(file).map(({ values }) => values)).toEqual([MIB / 4, 300_000 - MIB / 4]);
    expect(await valuesOf(file)).toEqual(cells);
  });

  test('end where many elements take little', async () => {
    const cells = many(1000, () => many(1000, (element) => element % 3));
    const batches = [batchOf(listOf(new Int32()), cells)];
    const file = await write(batches);
    const [dictionary, ...pages] = pagesOf(file);
    expect(dictionary).toMatchObject({ kind: 'dictionary', values: 3 });
    expect(pages.map(({ values }) => values)).toEqual([261_000, 261_000, 261_000, 217_000]);
    expect(await valuesOf(file)).toEqual(cells);
  });

  test.for([
    [true, true, [[1n, null], null, [], [2n]]],
    [true, false, [[1n], null, [], [2n, 3n]]],
    [false, true, [[1n, null], [], [2n]]],
    [false, false, [[1n], [], [2n, 3n]]],
    [false, false, [[], []]],
    [true, true, [null]],
    [true, true, [[null]]],
    [true, true, []],
  ] as const)('list nullable: %s, element nullable: %s, %s', async ([list, element, cells]) => {
    const batch = batchOf(listOf(new Int64(), element), cells, list);
    const file = await write([batch]);
    const reference = await writeFile(batch.schema, [batch], { encoder: 'wasm' });
    expect(await valuesOf(file)).toEqual(cells);
    expect(await valuesOf(reference)).toEqual(cells);
  });

  test.for([
    ['a list', false, true, null],
    ['an element', true, false, [null]],
  ] as const)('have no null where %s may not be one', async ([, list, element, cell]) => {
    const batch = batchOf(listOf(new Int64(), element), [[1n], cell], list);
    await expect(write([batch])).rejects.toThrow('column a has a null, and its schema allows none');
  });
});

describe('a dictionary of elements', () => {
  test('is not tried where they keep being new', async () => {
    const batch = batchOf(
      listOf(new Int64()),
      many(3000, (row) => [BigInt(row) * 2n, BigInt(row) * 2n + 1n]),
    );
    expect(pagesOf(await write([batch])).map(({ kind }) => kind)).toEqual(['data']);
  });

  test.for([
    ['Int32', new Int32(), (element: number) => element],
    ['Int64', new Int64(), (element: number) => BigInt(element) << 33n],
    ['Utf8', new Utf8(), (element: number) => `${element}`],
  ] as const)('ends before the list with which it becomes full: %s', async ([, type, value]) => {
    const few = many(2000, (row) => [value(row % 5), null]);
    const rows = many(4000, (row) =>
      many(100, (element) => (element === 7 ? null : value(row * 100 + element))),
    );
    const cells = [...few, ...rows, ...few];
    const batches = [few, rows, few].map((part) => batchOf(listOf(type), part));
    const file = await write(batches);
    const [dictionary, ...pages] = pagesOf(file);
    expect(dictionary).toMatchObject({ kind: 'dictionary', encoding: plain });
    expect(dictionary!.plainBytes).toBeLessThan(MIB + 100);
    expect(pages[0]).toMatchObject({ encoding: rleDictionary });
    expect(pages.at(-1)).toMatchObject({ encoding: plain });
    for (const { values } of pages.slice(0, -1)) expect(values % 100).toBe(0);
    expect(await valuesOf(file)).toEqual(cells);
  });

  test('is not there where the first list fills it', async () => {
    const few = [[1], [1]];
    const cells = [many(300_000, scattered), ...few];
    const file = await write([
      batchOf(listOf(new Int32()), few.slice(0, 0)),
      batchOf(listOf(new Int32()), cells),
    ]);
    expect(pagesOf(file)).toMatchObject([
      { kind: 'data', encoding: plain, values: 300_000 },
      { kind: 'data', encoding: plain, values: 2 },
    ]);
    expect(await valuesOf(file)).toEqual(cells);
  });
});
