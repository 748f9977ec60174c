import {
  Binary,
  DateDay,
  Decimal,
  type DataType,
  Field,
  Int32,
  List,
  type RecordBatch,
  Utf8,
} from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { parquetMetadata } from 'hyparquet';
import { readStruct, writeStruct } from '../../src/parquet/compact-thrift.ts';
import { readDataFile } from '../../src/parquet/parquet-reader.ts';
import type { ParquetWriterOptions } from '../../src/parquet/parquet-writer.ts';
import { cellsOf } from '../postgres/copy/copy-cells.ts';
import { type Cell, fieldIdMetadata, makeBatch, makeSchema } from './arrow-column.ts';
import { footerOf, readRows, writeFile } from './parquet-file.ts';

/** A row of more than this is a long one. */
const rowGroupBytes = 200_000;

const listOf = (type: DataType) => new List(new Field('element', type, true, fieldIdMetadata(99)));

const columns = [
  { name: 'dt', type: new DateDay() },
  { name: 'id', type: new Int32() },
  { name: 'text', type: new Utf8() },
  { name: 'tags', type: listOf(new Utf8()) },
  { name: 'bytes', type: new Binary() },
  { name: 'price', type: new Decimal(2, 20, 128) },
].map((column, index) => ({ ...column, fieldId: index + 1 }));

type Row = readonly Cell[];

const short = (id: number): Row => [20_000, id, `text ${id}`, ['a', null], Uint8Array.of(id), BigInt(id)];
const long = (id: number): Row => [20_000, id, `é${id}`.repeat(80_000), ['b'], noise(150_000), -BigInt(id)];
const longOfNulls = (id: number): Row => [20_000, id, null, null, noise(300_000), null];

/** Does not compress. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0, seed = length; index < length; index++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = seed >>> 16;
  }
  return bytes;
}

function batchOf(rows: readonly Row[]): RecordBatch {
  return makeBatch(
    columns.map((column, index) => ({ ...column, cells: rows.map((row) => row[index] ?? null) })),
  );
}

function write(batches: readonly (readonly Row[])[], options: Partial<ParquetWriterOptions> = {}) {
  return writeFile(makeSchema(columns), batches.map(batchOf), { rowGroupBytes, ...options });
}

/** Bytes in hexadecimal, as `cellsOf` has them. */
function printed(row: Row): unknown {
  return row.map((cell) => (cell instanceof Uint8Array ? Buffer.from(cell).toString('hex') : cell));
}

/** Rows as the decoder of the way back gives them. */
async function readBack(file: Uint8Array): Promise<unknown[]> {
  const source = { bytes: file.length, getRange: async (from: number, to: number) => file.slice(from, to) };
  const rows: unknown[] = [];
  const options = { batchBytes: 2 ** 20, doing: 'reading' };
  for await (const batch of readDataFile(source, makeSchema(columns), options)) {
    const cells = batch.data.children.map((data) => cellsOf(data));
    for (let row = 0; row < batch.numRows; row++) rows.push(cells.map((column) => column[row]));
  }
  return rows;
}

const orders: Readonly<Record<string, readonly (readonly Row[])[]>> = {
  'between others': [[short(1), short(2)], [short(3)], [long(4)], [short(5)], [short(6), short(7)]],
  'at the beginning': [[long(1)], [short(2)]],
  'at the end': [[short(1)], [long(2)]],
  alone: [[long(1)]],
  'behind another': [[short(1)], [long(2)], [longOfNulls(3)], [long(4)], [short(5)]],
};

describe('a long row', () => {
  describe.for(['zstd', 'snappy', 'uncompressed'] as const)('in a file that is to be %s', (compression) => {
    test.for(Object.entries(orders))('comes back %s, in its place', async ([, batches]) => {
      const file = await write(batches, { compression });
      const expected = batches.flat();
      expect(await readBack(file)).toEqual(expected.map(printed));
      const others = await readRows(file);
      expect(others.map((row) => row['id'])).toEqual(expected.map((row) => row[1]));
      expect(others.map((row) => row['text'] ?? null)).toEqual(expected.map((row) => row[2]));
    });
  });

  test('is a row group of its own, and the footer counts it as any other', async () => {
    const batches = orders['behind another'] ?? [];
    const file = await write(batches);
    const footer = await footerOf(file);
    expect(footer.rows).toBe(5);
    expect(footer.rowGroups.map((group) => group.rows)).toEqual([1, 1, 1, 1, 1]);
    expect(footer.columns.map((column) => column.nullCount)).toEqual([0, 0, 1, undefined, 0, 1]);
    const { row_groups: groups } = parquetMetadata(file.slice().buffer);
    expect(groups.map((group) => group.ordinal)).toEqual([0, 1, 2, 3, 4]);
    const sizes = groups[1]?.columns.map(
      (chunk) => chunk.meta_data?.size_statistics?.unencoded_byte_array_data_bytes,
    );
    expect(sizes?.[2]).toBe(BigInt(Buffer.byteLength('é2'.repeat(80_000))));
    for (const group of groups) {
      const total = group.columns.reduce(
        (sum, chunk) => sum + (chunk.meta_data?.total_compressed_size ?? 0n),
        0n,
      );
      expect(group.total_compressed_size).toBe(total);
    }
  });

  test('is compressed, unless nothing is', async () => {
    const text: Row = [20_000, 1, 'x'.repeat(1_000_000), null, null, null];
    expect((await write([[text]])).length).toBeLessThan(5000);
    expect((await write([[text]], { compression: 'uncompressed' })).length).toBeGreaterThan(1_000_000);
  });

  test('has bounds that hold, as short as those of others', async () => {
    const { columns: found } = await footerOf(await write([[short(1)], [long(2)]]));
    const text = found[2] as { min: string; max: string };
    expect(text.min <= 'text 1' && text.min <= 'é2é2').toBe(true);
    expect(text.max > 'é2'.repeat(80_000)).toBe(true);
    expect(Buffer.byteLength(text.max)).toBeLessThanOrEqual(64);
    const bytes = found[4] as { min: Uint8Array; max: Uint8Array };
    expect(Buffer.compare(bytes.min, Uint8Array.of(1))).toBeLessThanOrEqual(0);
    expect(Buffer.compare(bytes.max, noise(150_000))).toBe(1);
    expect(bytes.max.length).toBeLessThanOrEqual(64);
  });

  test('above which nothing short can be has no bounds, rather than one below it', async () => {
    const top: Row = [20_000, 1, '\u{10ffff}'.repeat(60_000), null, new Uint8Array(300_000).fill(255), null];
    const { columns: found } = await footerOf(await write([[top]]));
    expect(found[2]).toMatchObject({ min: undefined, max: undefined, nullCount: 0 });
    expect(found[4]).toMatchObject({ min: undefined, max: undefined, nullCount: 0 });
  });

  test('says nothing about the values of a column that must not leak', async () => {
    const file = await write([[short(1)], [long(2)]], { withoutStatistics: ['text'] });
    expect((await footerOf(file)).columns[2]).toMatchObject({ min: undefined, max: undefined });
  });

  test('is one also where text does not end a character after the first kilobyte', async () => {
    for (const lead of ['', 'a', 'ab', 'abc']) {
      const row: Row = [20_000, 1, lead + '\u{1f600}'.repeat(70_000), null, null, null];
      expect(await readBack(await write([[row]]))).toEqual([printed(row)]);
    }
  });
});

test('a footer is written back as the bytes that were read', async () => {
  const file = Buffer.from(await write([[short(1), short(2)], [long(3)], [short(4)]]));
  const footer = file.subarray(-8 - file.readUInt32LE(file.length - 8), -8);
  const { struct, end } = readStruct(footer);
  expect(end).toBe(footer.length);
  expect(Buffer.from(writeStruct(struct)).equals(footer)).toBe(true);
});
