import { Binary, Bool, type DataType, Field, Float64, Int32, Int64, List, Schema, Utf8 } from 'apache-arrow';
import { parquetMetadata } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { ENCODING, PAGE_HEADER, structIn } from '../../../src/parquet/footer-fields.ts';
import { createParquetWriter, defaultParquetOptions } from '../../../src/parquet/parquet-writer.ts';
import { memoryInUse } from '../../memory-in-use.ts';
import { type Cell, makeBatch, makeSchema, type TestColumn } from '../arrow-column.ts';
import { footerOf, readRows, writeFile } from '../parquet-file.ts';
import { pagesIn } from './stored-page.ts';

const MIB = 2 ** 20;
const { plain, rleDictionary } = ENCODING;

const column = (type: DataType, cells: readonly Cell[], name = 'a'): TestColumn => ({ name, type, cells });

const listOf = (type: DataType) => new List(new Field('element', type, true));

const many = <T>(rows: number, cell: (row: number) => T): T[] =>
  Array.from({ length: rows }, (_, row) => cell(row));

/** Spread over all 32 bits, and each only once. */
const scattered = (row: number): number => Math.imul(row, 0x9e3779b1) | 0;

const valuesOf = async (file: Uint8Array): Promise<unknown[]> =>
  (await readRows(file)).map((row) => row['a'] ?? null);

const createdBy = (file: Uint8Array) => parquetMetadata(file.slice().buffer).created_by;

describe('pages', () => {
  test('hold one mebibyte of values at the most', async () => {
    const cells = many(600_000, scattered);
    const batch = makeBatch([column(new Int32(), cells)]);
    const file = await writeFile(batch.schema, [batch]);
    const pages = pagesIn(file).flat(2);
    expect(pages.map(({ kind }) => kind)).toEqual(['data', 'data', 'data']);
    for (const page of pages) expect(page.plainBytes).toBeLessThanOrEqual(MIB + 8);
    expect(await valuesOf(file)).toEqual(cells);
  });

  test('give their memory back when the file is finished', async () => {
    const batch = makeBatch([
      column(
        new Utf8(),
        many(100_000, (row) => `${scattered(row)} and a good deal more`),
      ),
      column(
        new Int32(),
        many(100_000, (row) => row % 20_000),
        'b',
      ),
      column(
        listOf(new Int32()),
        many(100_000, (row) => (row % 3 === 0 ? null : [row, null])),
        'c',
      ),
    ]);
    const writer = createParquetWriter(batch.schema, defaultParquetOptions, async () => {});
    const before = memoryInUse();
    await writer.write(batch);
    expect(memoryInUse() - before).toBeGreaterThan(4 * MIB);
    await writer.finish();
    expect(memoryInUse() - before).toBeLessThan(MIB / 64);
    // Until here there is a writer, so that it is not the collector that took its memory.
    expect(writer).toBeDefined();
  });

  test('of texts end before a value that does not fit, and a longer one has its own', async () => {
    // Each of the first is new, so that no dictionary is tried.
    const short = many(2000, (row) => `${row}`);
    const cells = ['x'.repeat(700_000), 'y'.repeat(700_000), 'z'.repeat(3_000_000), 'a', ''];
    const batches = [short, cells].map((part) => makeBatch([column(new Utf8(), part)]));
    const file = await writeFile(batches[0]!.schema, batches, { rowGroupBytes: 100 * MIB });
    const pages = pagesIn(file).flat(2);
    expect(pages.map(({ values }) => values)).toEqual([2001, 1, 1, 2]);
    expect(await valuesOf(file)).toEqual([...short, ...cells]);
  });

  test('of very many columns are small', async () => {
    const columns = many(1600, (index) =>
      column(
        new Float64(),
        many(3000, (row) => Math.sin(row * index)),
        `c${index}`,
      ),
    );
    const batch = makeBatch(columns);
    const file = await writeFile(batch.schema, [batch], {
      rowGroupBytes: 1000 * MIB,
      compression: 'uncompressed',
    });
    const pages = pagesIn(file)[0]![7]!;
    expect(pages.length).toBeGreaterThan(1);
    for (const { plainBytes } of pages) expect(plainBytes).toBeLessThanOrEqual((16 * MIB) / 1600 + 20);
    expect((await readRows(file))[2999]!['c7']).toBe(Math.sin(2999 * 7));
  });

  test('have no statistics of their own', async () => {
    const batch = makeBatch([column(new Utf8(), ['Ada Lovelace', null])]);
    const [page] = pagesIn(
      await writeFile(batch.schema, [batch], { compression: 'uncompressed' }),
    )[0]![0]!.slice(-1);
    expect([...structIn(page!.header, PAGE_HEADER.dataPage).keys()]).toEqual([1, 2, 3, 4]);
  });
});

describe('a dictionary', () => {
  test('ends in the middle of a chunk where it grows too large, and is not tried again', async () => {
    const first = many(20_000, (row) => `${row % 5}`.repeat(50));
    const then = many(40_000, (row) => `${scattered(row)}`.repeat(10));
    const cells = [...first, null, ...then, ...first];
    const batches = [
      makeBatch([column(new Utf8(), first)]),
      makeBatch([column(new Utf8(), cells.slice(20_000))]),
    ];
    const file = await writeFile(batches[0]!.schema, [...batches, batches[0]!], { rowGroupBytes: 200_000 });
    const chunks = pagesIn(file).map(([chunk]) => chunk!);
    const [before] = chunks;
    expect(before!.map(({ kind, encoding }) => [kind, encoding]).slice(0, 2)).toEqual([
      ['dictionary', plain],
      ['data', rleDictionary],
    ]);
    expect(before!.at(-1)).toMatchObject({ kind: 'data', encoding: plain });
    expect(before![0]!.plainBytes).toBeLessThan(MIB + 1000);
    expect(chunks.at(-1)!.every(({ encoding }) => encoding === plain)).toBe(true);
    expect(await valuesOf(file)).toEqual([...cells, ...first]);
    const { min, max, nullCount } = (await footerOf(file)).columns[0]!;
    const values = cells.filter((cell) => cell !== null).toSorted();
    expect([min, nullCount]).toEqual([values[0]!.slice(0, 64), 1]);
    expect(max! >= values.at(-1)!).toBe(true);
  });

  test.for([
    ['Int32', new Int32(), (row: number) => row],
    ['Int64', new Int64(), (row: number) => BigInt(row) << 33n],
    ['Utf8', new Utf8(), (row: number) => `${row}`],
  ] as const)('has as many values as it can: %s', async ([, type, value]) => {
    const cells = many(300_000, (row) => value(row % 100_000));
    // The first batch has few values, so that a dictionary is tried.
    const parts = [many(2000, (row) => value(row % 5)), cells];
    const batches = parts.map((part) => makeBatch([column(type, part)]));
    const file = await writeFile(batches[0]!.schema, batches, { rowGroupBytes: 100 * MIB });
    const [dictionary] = pagesIn(file)[0]![0]!;
    expect(dictionary).toMatchObject({ kind: 'dictionary' });
    expect(dictionary!.plainBytes).toBeLessThan(MIB + 100);
    expect(await valuesOf(file)).toEqual(parts.flat());
  });

  test('is not there where all are null', async () => {
    const batch = makeBatch([column(new Utf8(), [null, null])]);
    const file = await writeFile(batch.schema, [batch]);
    expect(pagesIn(file)).toMatchObject([[[{ kind: 'data', encoding: plain, values: 2 }]]]);
    expect(await valuesOf(file)).toEqual([null, null]);
  });

  test('tells equal values by their bits', async () => {
    const cells = many(3000, (row) => [0, -0, 1, -1][row % 4]!);
    const batch = makeBatch([column(new Float64(), cells)]);
    const file = await writeFile(batch.schema, [batch]);
    expect(pagesIn(file)[0]![0]![0]).toMatchObject({ kind: 'dictionary', values: 4 });
    expect(await valuesOf(file)).toEqual(cells);
  });
});

describe('a row group', () => {
  test('ends where its encoded bytes are reached, whatever its values take as Arrow', async () => {
    const noise = many(20, (seed) =>
      makeBatch([
        column(
          new Int32(),
          many(50_000, (row) => scattered(row + seed * 50_000)),
        ),
      ]),
    );
    const same = many(20, () =>
      makeBatch([
        column(
          new Int32(),
          many(50_000, () => 7),
        ),
      ]),
    );
    const groupsOf = async (batches: typeof noise) =>
      (await footerOf(await writeFile(noise[0]!.schema, batches, { rowGroupBytes: MIB }))).rowGroups;
    const groups = await groupsOf(noise);
    expect(groups.length).toBeGreaterThanOrEqual(3);
    for (const { bytes } of groups) expect(bytes).toBeLessThan(1.3 * MIB);
    expect(await groupsOf(same)).toHaveLength(1);
  });

  test('has a limit of rows too', async () => {
    const bits = makeBatch([
      column(
        new Bool(),
        many(300_000, () => true),
      ),
    ]);
    const { rowGroups, rows } = await footerOf(await writeFile(bits.schema, [bits, bits, bits, bits]));
    expect(rowGroups.map((group) => group.rows)).toEqual([2 ** 20, 1_200_000 - 2 ** 20]);
    expect(rows).toBe(1_200_000);
  });
});

describe('who made the file', () => {
  test.for([
    ['zstd', new Int64(), /^permafrost version /],
    ['uncompressed', new Binary(), /^permafrost version /],
    ['snappy', new Int64(), /^parquet-rs version /],
    ['zstd', listOf(new Int64()), /^permafrost version /],
    ['zstd', listOf(listOf(new Int64())), /^parquet-rs version /],
  ] as const)('%s %s', async ([compression, type, maker]) => {
    const file = await writeFile(makeSchema([{ name: 'a', type }]), [], { compression });
    expect(createdBy(file)).toMatch(maker);
  });

  test('is WebAssembly where it is asked for', async () => {
    const schema = new Schema([new Field('a', new Int64())]);
    expect(createdBy(await writeFile(schema, [], { encoder: 'wasm' }))).toMatch(/^parquet-rs/);
  });
});
