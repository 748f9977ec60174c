import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TableScan } from '../../src/archive/plan-query.ts';
import type { NestedField, Type } from '../../src/iceberg/schema.ts';
import { queryLake } from '../../src/query/duckdb-query.ts';
import { fieldIdMetadata, makeBatch, type TestColumn } from '../parquet/arrow-column.ts';
import { writeFile as writeParquet } from '../parquet/parquet-file.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "permafrost-query-it's[1]*"));
});

afterAll(() => rm(folder, { recursive: true }));

async function put(name: string, columns: readonly TestColumn[]): Promise<string> {
  const path = join(folder, name);
  const batch = makeBatch(columns);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, await writeParquet(batch.schema, [batch]));
  return path;
}

function field(id: number, name: string, type: Type): NestedField {
  return { id, name, required: false, type };
}

const dt = field(1, 'dt', 'date');

function night(day: number, rows: number): TestColumn {
  return { name: 'dt', type: new DateDay(), cells: Array.from({ length: rows }, () => day), fieldId: 1 };
}

function scan(changes: Partial<TableScan>): TableScan {
  return { name: 'orders', source: undefined, fields: [dt], files: [], night: undefined, ...changes };
}

describe('columns are found by field id', () => {
  let changed: TableScan;

  beforeAll(async () => {
    const first = await put('data/dt=1970-01-02/1.parquet', [
      night(1, 2),
      { name: 'a', type: new Utf8(), cells: ['x', 'y'], fieldId: 2 },
      { name: 'b', type: new Int32(), cells: [1, null], fieldId: 3 },
      { name: 'gone', type: new Utf8(), cells: ['old', 'old'], fieldId: 4 },
    ]);
    // The two names are swapped, b is wider, gone is dropped, and a column of its name was added.
    const second = await put('data/dt=1970-01-03/2.parquet', [
      night(2, 1),
      { name: 'b', type: new Utf8(), cells: ['z'], fieldId: 2 },
      { name: 'a', type: new Int64(), cells: [9_007_199_254_740_993n], fieldId: 3 },
      { name: 'gone', type: new Int64(), cells: [7n], fieldId: 5 },
    ]);
    changed = scan({
      files: [first, second],
      fields: [
        dt,
        field(2, 'b', 'string'),
        field(3, 'a', 'long'),
        field(5, 'gone', 'long'),
        field(4, 'gone__4', 'string'),
      ],
    });
  });

  test('so that renamed, swapped, widened, dropped and added ones read right in every night', async () => {
    expect(await queryLake('SELECT * FROM orders ORDER BY dt, b', [changed])).toEqual({
      columns: ['dt', 'b', 'a', 'gone', 'gone__4'],
      rows: [
        ['1970-01-02', 'x', 1, null, 'old'],
        ['1970-01-02', 'y', null, null, 'old'],
        ['1970-01-03', 'z', '9007199254740993', 7, null],
      ],
    });
  });

  test('and one night alone can be read', async () => {
    const answer = await queryLake('SELECT b FROM orders', [{ ...changed, night: '1970-01-03' }]);
    expect(answer.rows).toEqual([['z']]);
  });
});

test('every type that the lake has reads as it was written; what JSON cannot hold comes as text', async () => {
  const element = new Field('element', new Utf8(), true, fieldIdMetadata(20));
  const types: readonly (readonly [TestColumn['type'], Type, TestColumn['cells'][number], unknown])[] = [
    [new Bool(), 'boolean', true, true],
    [new Int32(), 'int', -2_147_483_648, -2_147_483_648],
    [new Int64(), 'long', 9_223_372_036_854_775_807n, '9223372036854775807'],
    [new Float32(), 'float', 0.5, 0.5],
    [new Float64(), 'double', 0.1, 0.1],
    [new Decimal(2, 38, 128), 'decimal(38, 2)', 12_345_678_901_234_567_890n, '123456789012345678.90'],
    [new TimestampMicrosecond(), 'timestamp', 1_000_001n, '1970-01-01 00:00:01.000001'],
    [new TimestampMicrosecond('UTC'), 'timestamptz', 1_000_001n, '1970-01-01 00:00:01.000001+00'],
    [new Utf8(), 'string', 'it’s\n表', 'it’s\n表'],
    [new Binary(), 'binary', new Uint8Array([0, 65, 255]), '\\x00A\\xFF'],
    [
      new List(element),
      { type: 'list', 'element-id': 20, element: 'string', 'element-required': false },
      ['a', null, ''],
      ['a', null, ''],
    ],
  ];
  const columns = types.map(([type, , cell], index) => ({
    name: `c${index}`,
    type,
    cells: [cell, null],
    fieldId: index + 2,
  }));
  const files = [await put('types.parquet', [night(0, 2), ...columns])];
  const fields = [dt, ...types.map(([, type], index) => field(index + 2, `c${index}`, type))];
  const { rows } = await queryLake('SELECT * EXCLUDE (dt) FROM orders', [scan({ files, fields })]);
  expect(rows).toEqual([types.map(([, , , json]) => json), types.map(() => null)]);
});

describe('tables', () => {
  test('without a file, and with one that has no rows, are there and empty', async () => {
    const fields = [dt, field(2, 'id', 'long')];
    const none = await put('none.parquet', [
      night(0, 0),
      { name: 'id', type: new Int64(), cells: [], fieldId: 2 },
    ]);
    const tables = [scan({ name: 'a', fields }), scan({ name: 'b', fields, files: [none] })];
    const sql = 'SELECT count(*), sum(id) FROM (FROM a UNION ALL FROM b)';
    expect((await queryLake(sql, tables)).rows).toEqual([[0, null]]);
    expect(await queryLake('SELECT * FROM a', tables)).toEqual({ columns: ['dt', 'id'], rows: [] });
  });

  test('and columns may have any name', async () => {
    const names = ['Order Date', 'a"b', "it's", 'a.b', '表', 'select', '{x}'];
    const columns = names.map((name, index) => ({
      name,
      type: new Int32(),
      cells: [index],
      fieldId: index + 2,
    }));
    const table = scan({
      name: 'crm."odd\' name"-1a2b3c4d',
      files: [await put('names.parquet', [night(0, 1), ...columns])],
      fields: [dt, ...names.map((name, index) => field(index + 2, name, 'int'))],
    });
    const answer = await queryLake('SELECT * EXCLUDE (dt) FROM "crm.""odd\' name""-1a2b3c4d"', [table]);
    expect(answer).toEqual({ columns: names, rows: [names.map((_, index) => index)] });
  });

  test('go by their names in the source, too, whatever the schema is called', async () => {
    const files = [await put('source-names.parquet', [night(3, 1)])];
    const none: readonly string[] = [];
    const tables = [
      scan({ source: { schema: 'public', name: 'orders' }, files: none }),
      scan({ name: 'main.orders', source: { schema: 'main', name: 'orders' }, files }),
      scan({ name: 'odd-1a2b3c4d', source: { schema: 'C"rm', name: 'O.x' }, files }),
    ];
    const counts = 'SELECT (SELECT count(*) FROM public.orders), (SELECT count(*) FROM main.orders)';
    expect((await queryLake(counts, tables)).rows).toEqual([[0, 1]]);
    expect((await queryLake('SELECT dt FROM "C""rm"."O.x"', tables)).rows).toEqual([['1970-01-04']]);
    expect((await queryLake('SELECT count(*) FROM orders', tables)).rows).toEqual([[0]]);
  });

  test('whose names in the source differ by case alone go by those in the lake only', async () => {
    const tables = ['orders', 'Orders'].map((name, index) =>
      scan({ name: `o${index}`, source: { schema: 'public', name } }),
    );
    await expect(queryLake('FROM public.orders', tables)).rejects.toThrow(/"public.orders" does not exist/);
    expect((await queryLake('FROM o0 UNION ALL FROM o1', tables)).rows).toEqual([]);
  });

  test('can be joined, each in its own columns', async () => {
    const files = [await put('join.parquet', [night(3, 1)])];
    const tables = [scan({ name: 'a', files }), scan({ name: 'b', files })];
    expect(await queryLake('SELECT a.dt, b.dt FROM a JOIN b USING (dt)', tables)).toEqual({
      columns: ['dt', 'dt:1'],
      rows: [['1970-01-04', '1970-01-04']],
    });
  });
});

describe('what cannot be answered', () => {
  test.each([
    ['SELEC 1', /Parser Error.*SELEC/s],
    ['SELECT * FROM orderz', /orderz does not exist.*orders/s],
    ['SELECT prize FROM orders', /"prize" not found/],
    ['', /there is no statement/],
    ['SELECT 1; SELECT 2', /one statement is answered, not 2/],
  ])('%j is told in words, with where the tables are listed', async (sql, words) => {
    const answer = queryLake(sql, [scan({})]);
    await expect(answer).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringMatching(words),
      cure: expect.stringContaining('permafrost tables'),
    });
  });

  test.each([
    (file: string) => `COPY (SELECT 1) TO '${file}'`,
    (file: string) => `COPY (SELECT 1) TO '${file.replace(/parquet$/, 'csv')}'`,
    (file: string) => `EXPLAIN ANALYZE COPY (SELECT 1) TO '${file}'`,
    (file: string) => `SELECT * FROM read_text('${file.replace(/[^/]*$/, 'beside.txt')}')`,
    (file: string) => `SELECT * FROM glob('${file.replace(/[^/]*$/, '*')}')`,
    (file: string) => `ATTACH '${file}.db'`,
    () => 'INSTALL httpfs',
    () => 'SET enable_external_access = true',
    () => 'CREATE TABLE orders2 AS FROM orders',
    () => 'DROP VIEW orders',
  ])(
    'a statement that writes, or reads what is not of the lake, is refused and changes nothing: %#',
    async (sqlOf) => {
      const file = await put('locked/orders.parquet', [night(3, 1)]);
      await writeFile(join(dirname(file), 'beside.txt'), 'secret');
      const before = await readFile(file);
      const answer = queryLake(sqlOf(file), [scan({ files: [file] })]);
      await expect(answer).rejects.toMatchObject({ code: 'configuration' });
      expect(await readFile(file)).toEqual(before);
      expect((await readdir(dirname(file))).toSorted()).toEqual(['beside.txt', 'orders.parquet']);
    },
  );

  test.each([
    'SELECT * FROM orders',
    'FROM orders',
    'DESCRIBE orders',
    'SHOW TABLES',
    'SUMMARIZE orders',
    'WITH o AS (FROM orders) FROM o',
  ])('%s is answered', async (sql) => {
    const files = [await put('open.parquet', [night(3, 1)])];
    expect((await queryLake(sql, [scan({ files })])).rows).not.toEqual([]);
  });

  test('a data file that is gone is named as a fault of the lake, with its table', async () => {
    const files = [join(folder, 'gone.parquet')];
    await expect(queryLake('SELECT 1', [scan({ files })])).rejects.toMatchObject({
      code: 'lake-unwritable',
      message: expect.stringContaining('table orders'),
    });
  });

  test('the next query is answered all the same', async () => {
    await expect(queryLake('SELEC', [])).rejects.toThrow(/SELEC/);
    expect(await queryLake('SELECT 1 AS one', [])).toEqual({ columns: ['one'], rows: [[1]] });
  });
});
