import {
  Binary,
  Bool,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  Schema,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import { parquetMetadata } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { createParquetWriter, defaultParquetOptions } from '../../src/parquet/parquet-writer.ts';
import { type Cell, fieldIdMetadata, makeBatch, makeSchema, type TestColumn } from './arrow-column.ts';
import { footerOf, readRows, writeFile } from './parquet-file.ts';

const element = (type: Int32 | Int64 | Utf8) =>
  new List(new Field('element', type, true, fieldIdMetadata(99)));

const everyType: readonly TestColumn[] = [
  { name: 'bool', type: new Bool(), cells: [true, false, true] },
  { name: 'int', type: new Int32(), cells: [-(2 ** 31), 0, 2 ** 31 - 1] },
  { name: 'long', type: new Int64(), cells: [-(2n ** 63n), 2n ** 53n + 1n, 2n ** 63n - 1n] },
  { name: 'float', type: new Float32(), cells: [Math.fround(0.1), -0, Infinity] },
  { name: 'double', type: new Float64(), cells: [5e-324, NaN, -1.797e308] },
  { name: 'text', type: new Utf8(), cells: ['', '\ufeffa\r\n\\N\u2028', '\u{10ffff}\ufffd'] },
  {
    name: 'bytes',
    type: new Binary(),
    cells: [new Uint8Array(0), Uint8Array.from({ length: 256 }, (_, i) => i), new Uint8Array([0])],
  },
  { name: 'date', type: new DateDay(), cells: [-2_440_588, 0, 2_145_031_948] },
  { name: 'timestamp', type: new TimestampMicrosecond(), cells: [-1n, 0n, 9_223_371_331_199_999_999n] },
  { name: 'timestamptz', type: new TimestampMicrosecond('UTC'), cells: [-210_866_803_200_000_000n, 1n, 2n] },
  { name: 'ints', type: element(new Int32()), cells: [[1, null, -3], [], [4]] },
  { name: 'longs', type: element(new Int64()), cells: [[2n ** 62n], [null], []] },
  { name: 'texts', type: element(new Utf8()), cells: [['a', '', null], ['ü'], []] },
];

const decimals = [5, 9, 15, 18, 38].map((precision): TestColumn => {
  const largest = 10n ** BigInt(precision) - 1n;
  return {
    name: `decimal${precision}`,
    type: new Decimal(2, precision, 128),
    cells: [largest, -largest, 0n],
  };
});

async function roundTrip(column: TestColumn, cells: readonly Cell[]): Promise<unknown[]> {
  const named = { ...column, cells };
  const file = await writeFile(makeSchema([named]), [makeBatch([named])]);
  return (await readRows(file)).map((row) => row[column.name] ?? null);
}

describe('values come back from the file as they went in', () => {
  test.for(everyType)('$name', async (column) => {
    expect(await roundTrip(column, column.cells)).toEqual(column.cells);
  });

  test.for(everyType)('$name with nulls everywhere', async (column) => {
    const cells = column.cells.flatMap((cell) => [null, cell, null]);
    expect(await roundTrip(column, cells)).toEqual(cells);
    expect(await roundTrip(column, [null, null])).toEqual([null, null]);
  });

  // hyparquet reads decimals into doubles: the exact value stands in the footer.
  test.for(decimals)('$name', async (column) => {
    for (const cell of column.cells) {
      const single = { ...column, cells: [null, cell] };
      const footer = await footerOf(await writeFile(makeSchema([single]), [makeBatch([single])]));
      expect(footer.columns[0]).toMatchObject({ min: cell, max: cell, nullCount: 1 });
    }
  });

  test('a slice of a batch is written as that slice', async () => {
    const column: TestColumn = { name: 'a', type: new Utf8(), cells: ['a', 'bb', null, 'dddd', 'e'] };
    const batch = makeBatch([column]);
    const rows = await readRows(await writeFile(batch.schema, [batch.slice(1, 4)]));
    expect(rows.map((row) => row['a'])).toEqual(['bb', null, 'dddd']);
  });
});

describe('the file', () => {
  const ids: TestColumn = {
    name: 'id',
    type: new Int64(),
    cells: Array.from({ length: 1000 }, (_, i) => BigInt(i)),
  };

  test('carries field ids, also of list elements, and the types Iceberg asks for', async () => {
    const columns = [...everyType, ...decimals].map((column, index) => ({ ...column, fieldId: index + 1 }));
    const { columns: leaves } = await footerOf(await writeFile(makeSchema(columns), []));
    expect(
      leaves.map((leaf) => [leaf.path.join('.'), leaf.fieldIds, leaf.physicalType, leaf.logicalType]),
    ).toEqual([
      ['bool', [1], 'BOOLEAN', { kind: 'none' }],
      ['int', [2], 'INT32', { kind: 'none' }],
      ['long', [3], 'INT64', { kind: 'none' }],
      ['float', [4], 'FLOAT', { kind: 'none' }],
      ['double', [5], 'DOUBLE', { kind: 'none' }],
      ['text', [6], 'BYTE_ARRAY', { kind: 'string' }],
      ['bytes', [7], 'BYTE_ARRAY', { kind: 'none' }],
      ['date', [8], 'INT32', { kind: 'date' }],
      ['timestamp', [9], 'INT64', { kind: 'timestamp', unit: 'MICROS', utc: false }],
      ['timestamptz', [10], 'INT64', { kind: 'timestamp', unit: 'MICROS', utc: true }],
      ['ints.list.element', [11, undefined, 99], 'INT32', { kind: 'none' }],
      ['longs.list.element', [12, undefined, 99], 'INT64', { kind: 'none' }],
      ['texts.list.element', [13, undefined, 99], 'BYTE_ARRAY', { kind: 'string' }],
      ['decimal5', [14], 'INT32', { kind: 'decimal', precision: 5, scale: 2 }],
      ['decimal9', [15], 'INT32', { kind: 'decimal', precision: 9, scale: 2 }],
      ['decimal15', [16], 'INT64', { kind: 'decimal', precision: 15, scale: 2 }],
      ['decimal18', [17], 'INT64', { kind: 'decimal', precision: 18, scale: 2 }],
      ['decimal38', [18], 'FIXED_LEN_BYTE_ARRAY', { kind: 'decimal', precision: 38, scale: 2 }],
    ]);
  });

  test('of a table without rows has the schema and no row group', async () => {
    const columns = [...everyType, ...decimals];
    const file = await writeFile(makeSchema(columns), []);
    expect(await readRows(file)).toEqual([]);
    expect(await footerOf(file)).toMatchObject({ rows: 0, rowGroups: [] });
  });

  test('takes batches without rows in between', async () => {
    const none = makeBatch([{ ...ids, cells: [] }]);
    const file = await writeFile(makeSchema([ids]), [none, makeBatch([ids]), none]);
    expect((await footerOf(file)).rows).toBe(1000);
  });

  test('starts a row group when the encoded bytes of one are reached', async () => {
    const batches = Array.from({ length: 10 }, (_, seed) => {
      const cells = Array.from({ length: 10_000 }, (_unused, i) => Math.sin(seed * 10_000 + i));
      return makeBatch([{ name: 'noise', type: new Float64(), cells }]);
    });
    const file = await writeFile(batches[0]!.schema, batches, {
      compression: 'uncompressed',
      rowGroupBytes: 160_000,
    });
    const { rows, rowGroups } = await footerOf(file);
    expect(rows).toBe(100_000);
    expect(rowGroups.length).toBeGreaterThanOrEqual(5);
    for (const group of rowGroups) expect(group.bytes).toBeLessThan(200_000);
    expect(await readRows(file)).toHaveLength(100_000);
  });

  test.for(['zstd', 'snappy', 'uncompressed'] as const)('is compressed as asked: %s', async (compression) => {
    const file = await writeFile(makeSchema([ids]), [makeBatch([ids])], { compression });
    const codec = parquetMetadata(file.slice().buffer).row_groups[0]?.columns[0]?.meta_data?.codec;
    expect(codec).toBe(compression.toUpperCase());
    expect((await readRows(file)).map((row) => row['id'])).toEqual(ids.cells);
  });

  test('says nothing about the values of a column that must not leak', async () => {
    const secret: TestColumn = { name: 'se.cret', type: new Utf8(), cells: ['Ada Lovelace', null] };
    const open: TestColumn = { name: 'open', type: new Int32(), cells: [1, 2] };
    const batch = makeBatch([secret, open]);
    const file = await writeFile(batch.schema, [batch], { withoutStatistics: ['se.cret'] });
    const { columns } = await footerOf(file);
    expect(columns[0]).toMatchObject({ min: undefined, max: undefined });
    expect(columns[1]).toMatchObject({ min: 1, max: 2 });
    const footerStart = (await footerOf(file)).rowGroups[0]!.bytes + 4;
    expect(Buffer.from(file.subarray(footerStart)).includes('Ada')).toBe(false);
  });

  test('has a dictionary where values repeat and none where they keep being new', async () => {
    const rows = 20_000;
    const column = (name: string, value: (i: number) => bigint): TestColumn => ({
      name,
      type: new Int64(),
      cells: Array.from({ length: rows }, (_, i) => value(i)),
    });
    const batch = makeBatch([
      column('unique', (i) => BigInt(i) * 7_919n),
      column('runs', (i) => BigInt(i >> 2)),
      column('few', (i) => BigInt(i % 50)),
      column('constant', () => 1n),
    ]);
    const file = await writeFile(batch.schema, [batch]);
    const chunks = parquetMetadata(file.slice().buffer).row_groups[0]?.columns ?? [];
    expect(chunks.map((chunk) => chunk.meta_data?.dictionary_page_offset !== undefined)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});

describe('a failure', () => {
  const column: TestColumn = {
    name: 'a',
    type: new Float64(),
    cells: Array.from({ length: 5000 }, (_, i) => Math.sin(i)),
  };
  const batch = makeBatch([column]);
  const small = { ...defaultParquetOptions, rowGroupBytes: 20_000 };

  test('of the sink surfaces as the same error, and so does every later call', async () => {
    const broken = new Error('disk full');
    let taken = 0;
    const writer = createParquetWriter(batch.schema, small, async () => {
      taken += 1;
      if (taken === 2) throw broken;
    });
    const writeMany = async () => {
      for (let turn = 0; turn < 100; turn += 1) await writer.write(batch);
    };
    await expect(writeMany()).rejects.toBe(broken);
    await expect(writer.write(batch)).rejects.toBe(broken);
    await expect(writer.finish()).rejects.toBe(broken);
    await writer.abort();
    expect(taken).toBe(2);
  });

  test('of the sink at the very last byte surfaces from finish', async () => {
    const broken = new Error('disk full');
    const writer = createParquetWriter(batch.schema, defaultParquetOptions, async () => {
      throw broken;
    });
    await writer.write(batch);
    await expect(writer.finish()).rejects.toBe(broken);
  });

  test('of the schema is told apart: the batch is refused, not dropped', async () => {
    const writer = createParquetWriter(batch.schema, defaultParquetOptions, async () => undefined);
    const other = makeBatch([{ name: 'a', type: new Int64(), cells: [1n] }]);
    await expect(writer.write(other)).rejects.toMatchObject({ code: 'unexpected' });
    await writer.abort();
  });

  test('a null in a column that may have none is refused', async () => {
    const schema = new Schema([new Field('a', new Float64(), false)]);
    const writer = createParquetWriter(schema, defaultParquetOptions, async () => undefined);
    const withNull = makeBatch([{ name: 'a', type: new Float64(), cells: [1, null] }], schema);
    await expect(writer.write(withNull)).rejects.toMatchObject({ code: 'integrity' });
    await writer.abort();
  });

  test('abort stops the sink, at any time, and twice', async () => {
    let taken = 0;
    const sink = async () => {
      taken += 1;
    };
    await createParquetWriter(batch.schema, small, sink).abort();
    const writer = createParquetWriter(batch.schema, small, sink);
    for (let turn = 0; turn < 3; turn += 1) await writer.write(batch);
    const takenBefore = taken;
    await writer.abort();
    await writer.abort();
    await expect(writer.write(batch)).rejects.toMatchObject({ code: 'cancelled' });
    expect(taken - takenBefore).toBeLessThanOrEqual(1);
  });

  test('a slow sink holds the writer back', async () => {
    const gate = Promise.withResolvers<void>();
    const writer = createParquetWriter(batch.schema, small, () => gate.promise);
    let written = 0;
    const writing = (async () => {
      for (; written < 50; written += 1) await writer.write(batch);
      await writer.finish();
    })();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(written).toBeLessThan(8);
    gate.resolve();
    await writing;
    expect(written).toBe(50);
  });
});
