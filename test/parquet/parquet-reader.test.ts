import {
  Binary,
  Bool,
  DateDay,
  Decimal,
  type DataType,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  type RecordBatch,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../../src/errors.ts';
import { type ParquetReadOptions, readDataFile } from '../../src/parquet/parquet-reader.ts';
import { type Cell as ReadCell, cellsOf } from '../postgres/copy/copy-cells.ts';
import { type Cell, fieldIdMetadata, makeBatch, makeSchema, type TestColumn } from './arrow-column.ts';
import { writeFile } from './parquet-file.ts';

const listOf = (type: DataType) => new List(new Field('element', type, true, fieldIdMetadata(99)));

const ROWS = 500;
const cells = <T extends Cell>(value: (row: number) => T): (T | null)[] =>
  Array.from({ length: ROWS }, (_, row) => (row % 7 === 3 ? null : value(row)));

const everyType: readonly TestColumn[] = [
  { name: 'bool', type: new Bool(), cells: cells((row) => row % 2 === 0) },
  { name: 'int', type: new Int32(), cells: cells((row) => row - 2 ** 31) },
  { name: 'long', type: new Int64(), cells: cells((row) => 2n ** 63n - 1n - BigInt(row)) },
  { name: 'float', type: new Float32(), cells: cells((row) => Math.fround(row / 10)) },
  { name: 'double', type: new Float64(), cells: cells((row) => (row % 5 === 0 ? -0 : row / 3)) },
  { name: 'text', type: new Utf8(), cells: cells((row) => `é ${row}`) },
  { name: 'repeated', type: new Utf8(), cells: cells((row) => ['', 'a', 'b'][row % 3]!) },
  { name: 'bytes', type: new Binary(), cells: cells((row) => Uint8Array.of(row & 255, 0, 255)) },
  { name: 'date', type: new DateDay(), cells: cells((row) => row - 2_440_588) },
  { name: 'timestamp', type: new TimestampMicrosecond(), cells: cells((row) => -BigInt(row)) },
  {
    name: 'timestamptz',
    type: new TimestampMicrosecond('UTC'),
    cells: cells((row) => 10n ** 17n + BigInt(row)),
  },
  { name: 'small', type: new Decimal(2, 5, 128), cells: cells((row) => BigInt(row - 250)) },
  { name: 'large', type: new Decimal(10, 38, 128), cells: cells((row) => -(10n ** 37n) + BigInt(row)) },
  { name: 'ints', type: listOf(new Int32()), cells: cells((row) => [row, null, -row]) },
  {
    name: 'texts',
    type: listOf(new Utf8()),
    cells: cells((row) => (row % 2 === 0 ? [] : ['x', null, `${row}`])),
  },
].map((column, index) => ({ ...column, fieldId: index + 2 }));

function sourceOf(file: Uint8Array) {
  return { bytes: file.length, getRange: async (start: number, end: number) => file.slice(start, end) };
}

async function readAll(
  file: Uint8Array,
  columns: readonly Omit<TestColumn, 'cells'>[],
  options: Partial<ParquetReadOptions> = {},
): Promise<{ batches: RecordBatch[]; columns: ReadCell[][]; rows: number }> {
  const batches: RecordBatch[] = [];
  const found: ReadCell[][] = columns.map(() => []);
  const reading = readDataFile(sourceOf(file), makeSchema(columns), {
    batchBytes: 2 ** 20,
    doing: 'reading',
    ...options,
  });
  for (let next = await reading.next(); ; next = await reading.next()) {
    if (next.done === true) return { batches, columns: found, rows: next.value };
    batches.push(next.value);
    next.value.data.children.forEach((data, index) => found[index]!.push(...cellsOf(data)));
  }
}

/** The cells as they are read from Arrow arrays that never were in a file. */
function expected(columns: readonly TestColumn[]): ReadCell[][] {
  return makeBatch(columns).data.children.map(cellsOf);
}

test('values of every type come back, over many row groups and batches, in their order', async () => {
  const file = await writeFile(makeSchema(everyType), [makeBatch(everyType), makeBatch(everyType)], {
    rowGroupBytes: 5000,
  });
  const read = await readAll(file, everyType, { batchBytes: 2000 });
  expect(read.rows).toBe(2 * ROWS);
  expect(read.batches.length).toBeGreaterThan(20);
  expect(read.columns).toEqual(expected(everyType).map((column) => [...column, ...column]));
});

/** An int and a null. */
function intColumn(fieldId: number, name: string, value: number): TestColumn {
  return { name, fieldId, type: new Int32(), cells: [value, null] };
}

describe('columns', () => {
  test('are found by field id, whatever their names and order; one that is not there is null', async () => {
    const inFile = [
      intColumn(2, 'b', 20),
      intColumn(3, 'a', 30),
      intColumn(4, 'a.b', 40),
      intColumn(5, 'ü.element', 50),
    ];
    const file = await writeFile(makeSchema(inFile), [makeBatch(inFile)]);
    const wanted = [intColumn(5, 'x', 0), intColumn(2, 'a', 0), intColumn(9, 'b', 0), intColumn(3, 'a.b', 0)];
    const read = await readAll(file, wanted);
    expect(read.columns).toEqual([
      [50, null],
      [20, null],
      [null, null],
      [30, null],
    ]);
    expect(read.batches[0]?.schema.fields.map(({ name }) => name)).toEqual(['x', 'a', 'b', 'a.b']);
  });

  test('of every type can be missing', async () => {
    const inFile = [intColumn(1, 'dt', 1)];
    const file = await writeFile(makeSchema(inFile), [makeBatch(inFile)]);
    const read = await readAll(file, everyType);
    expect(read.columns).toEqual(everyType.map(() => [null, null]));
  });

  test('of another type than the schema says are refused', async () => {
    const inFile = [intColumn(2, 'a', 1)];
    const file = await writeFile(makeSchema(inFile), [makeBatch(inFile)]);
    await expect(readAll(file, [{ ...intColumn(2, 'a', 1), type: new Utf8() }])).rejects.toMatchObject({
      code: 'integrity',
      message: expect.stringContaining('it has a: Int32 instead of a: Utf8'),
    });
  });
});

test('a file without rows has no batches', async () => {
  const file = await writeFile(makeSchema(everyType), []);
  expect(await readAll(file, everyType)).toMatchObject({ rows: 0, batches: [] });
});

test('a long value that the file holds once is not multiplied in memory', async () => {
  const text = 'x'.repeat(50_000);
  const column: TestColumn = {
    name: 'a',
    fieldId: 2,
    type: new Utf8(),
    cells: Array.from({ length: 300 }, () => text),
  };
  const file = await writeFile(makeSchema([column]), [makeBatch([column]), makeBatch([column])]);
  expect(file.length).toBeLessThan(100_000);
  const { batches, rows } = await readAll(file, [column], { batchBytes: 2 ** 20 });
  expect(rows).toBe(600);
  expect(Math.max(...batches.map((batch) => batch.numRows))).toBeLessThanOrEqual(21);
});

test('one row group is read at a time, and only when it is asked for', async () => {
  const column = everyType[5]!;
  const batches = [1, 2, 3].map(() => makeBatch([column]));
  const file = await writeFile(makeSchema([column]), batches, { rowGroupBytes: 5000 });
  const asked: number[] = [];
  const source = {
    bytes: file.length,
    getRange: async (start: number, end: number) => {
      asked.push(end - start);
      return file.slice(start, end);
    },
  };
  const reading = readDataFile(source, makeSchema([column]), { batchBytes: 2 ** 20, doing: 'reading' });
  await reading.next();
  expect(asked).toHaveLength(2);
  expect(asked[1]).toBeLessThan(file.length / 2);
  await reading.return(0);
});

describe('a file that cannot be read', () => {
  const columns = everyType.slice(0, 7);
  const whole = () =>
    writeFile(makeSchema(columns), [makeBatch(columns), makeBatch(columns)], { rowGroupBytes: 5000 });

  test('because bits of it flipped is damaged or other values, never a crash', async () => {
    const file = await whole();
    let damaged = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.nat(7), async (at, bit) => {
        const flipped = Uint8Array.from(file);
        flipped[at]! ^= 1 << bit;
        const error: unknown = await readAll(flipped, columns).then(
          () => undefined,
          (caught: unknown) => caught,
        );
        if (error === undefined) return;
        damaged += 1;
        expect(errorCodeOf(error), JSON.stringify(error)).toBe('integrity');
      }),
      {
        numRuns: 150,
        examples: Array.from({ length: 40 }, (_, index) => [file.length - 1 - index * 11, index % 8]),
      },
    );
    expect(damaged).toBeGreaterThan(20);
  });

  test('because it was cut off is damaged', async () => {
    const file = await whole();
    for (const length of [0, 3, 8, 100, Math.floor(file.length / 2), file.length - 1]) {
      await expect(readAll(file.subarray(0, length), columns)).rejects.toMatchObject({ code: 'integrity' });
    }
  });

  test('because its store fails, fails as the store does', async () => {
    const file = await whole();
    const reason = new Error('the store is gone');
    let calls = 0;
    const getRange = async (start: number, end: number) => {
      calls += 1;
      if (calls > 2) throw reason;
      return file.slice(start, end);
    };
    const reading = readDataFile({ bytes: file.length, getRange }, makeSchema(columns), {
      batchBytes: 2 ** 20,
      doing: 'reading',
    });
    await expect(async () => {
      for await (const batch of reading) expect(batch.numRows).toBeGreaterThan(0);
    }).rejects.toBe(reason);
  });

  test('any more, because it was stopped, says so', async () => {
    const stop = new AbortController();
    const reading = readDataFile(sourceOf(await whole()), makeSchema(columns), {
      batchBytes: 2000,
      doing: 'reading',
      signal: stop.signal,
    });
    await reading.next();
    stop.abort();
    await expect(reading.next()).rejects.toMatchObject({ code: 'cancelled', message: 'reading: stopped' });
  });
});
