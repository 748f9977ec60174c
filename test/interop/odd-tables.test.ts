import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';
import { addContents, freezeNight, type FrozenTable } from './frozen-night.ts';
import { type LakeReader, readers, type Selection, startLakeReader } from './lake-reader.ts';
import { findPython } from './python-environment.ts';

/** What trips readers and writers: no rows, names that need quotes or are taken, and a night done again. */
const nights = ['2026-03-27', '2026-03-28'] as const;
const python = await findPython();

const tables = `
  CREATE TABLE empty (id int PRIMARY KEY, note text, at timestamptz);
  CREATE TABLE filled_later (id int, note text);
  CREATE TABLE own_dt (id int, dt date, dt__raw text, amount numeric(12,3));
  INSERT INTO own_dt SELECT i, DATE '1999-12-31' + i, 'r' || i, i / 8.0 FROM generate_series(1, 50) i;
  INSERT INTO own_dt VALUES (51, 'infinity', NULL, NULL);
  CREATE SCHEMA "Sales Dept";
  CREATE TABLE "Sales Dept"."Order ""Lines"""
    ("Id" int, id text, "ID" bigint, "two words" text, "quo""te" text, "dot.ted" int, "größe" float8, "select" bool, "50%" int[]);
  INSERT INTO "Sales Dept"."Order ""Lines"""
    SELECT i, 'i' || i, i * 4294967296, 'w' || i, '"', i, i / 3.0, i % 2 = 0, ARRAY[i, NULL] FROM generate_series(1, 50) i;
  CREATE TABLE done_again (id int, note text);
  INSERT INTO done_again SELECT i, 'first' FROM generate_series(1, 100) i;`;

const changes = `
  INSERT INTO filled_later VALUES (1, 'now');
  UPDATE done_again SET note = 'second' WHERE id % 2 = 0;
  DELETE FROM done_again WHERE id > 90;`;

let folder: string;
let reader: LakeReader;
/** The first night, the second, and the first done again. */
let first: ReadonlyMap<string, FrozenTable>;
let second: ReadonlyMap<string, FrozenTable>;
let again: ReadonlyMap<string, FrozenTable>;

describe.skipIf(python === undefined)('odd tables', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'permafrost-odd-'));
    const source = await createTestDatabase();
    await runSql(source, tables);
    const freeze = (night: string) =>
      freezeNight(source, folder, { set: 'adhoc', tables: ['public.*', '"Sales Dept".*'], night });
    first = await freeze(nights[0]);
    await runSql(source, changes);
    second = await freeze(nights[1]);
    again = await freeze(nights[0]);
    reader = startLakeReader(python as string);
  });

  afterAll(async () => {
    reader?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test.for(readers)('%s finds an empty night empty, beside one that is not', async (engine) => {
    for (const [name, rows] of [
      ['empty', [0, 0]],
      ['filled_later', [0, 1]],
    ] as const) {
      const read = readerOf(engine, pick(second, name));
      expect(await read({ snapshot: pick(first, name).snapshotId })).toMatchObject({ rows: rows[0] });
      expect(await read({ night: nights[1] })).toMatchObject(pick(second, name).content);
      expect(pick(second, name).content.rows).toBe(rows[1]);
    }
  });

  test.for(readers)('%s reads names that need quotes, and names that differ in case only', async (engine) => {
    const table = pick(second, 'Order "Lines"');
    expect(table.columns).toEqual([
      'Id',
      'id__3',
      'ID__4',
      'two words',
      'quo"te',
      'dot.ted',
      'größe',
      'select',
      '50%',
    ]);
    expect(table.content.rows).toBe(50);
    const read = readerOf(engine, table);
    expect(await read({ night: nights[1] })).toMatchObject(table.content);
    expect(await read({ snapshot: table.snapshotId })).toMatchObject(
      addContents(pick(first, 'Order "Lines"').content, table.content),
    );
  });

  test.for(readers)('%s keeps a dt of the source apart from the dt of the lake', async (engine) => {
    const table = pick(second, 'own_dt');
    expect(table.columns).toHaveLength(5);
    expect(table.columns).not.toContain('dt');
    const read = readerOf(engine, table);
    expect(await read({ night: nights[1] })).toMatchObject(table.content);
    expect(await read({ night: '2000-01-01' })).toMatchObject({ rows: 0 });
  });

  test.for(readers)(
    '%s: a night done again replaces its rows, and time travel still finds the first ones',
    async (engine) => {
      const [before, between, after] = [first, second, again].map((night) => pick(night, 'done_again'));
      if (before === undefined || between === undefined || after === undefined)
        throw new Error('a night is missing');
      expect([before, between, after].map(({ operation }) => operation)).toEqual([
        'append',
        'append',
        'overwrite',
      ]);
      expect([before, between, after].map(({ content }) => content.rows)).toEqual([100, 90, 90]);
      const read = readerOf(engine, after);
      expect(await read({ night: nights[0] })).toMatchObject(after.content);
      expect(await read({ night: nights[1] })).toMatchObject(between.content);
      expect(await read()).toMatchObject(addContents(between.content, after.content));
      expect(await read({ snapshot: before.snapshotId })).toMatchObject(before.content);
      expect(await read({ snapshot: between.snapshotId })).toMatchObject(
        addContents(before.content, between.content),
      );
    },
  );

  test.for(readers)('bounds of odd columns hide no row from a condition of %s', async (engine) => {
    for (const name of ['Order "Lines"', 'own_dt', 'done_again']) {
      const { folder: table, boundedColumns: columns, content } = pick(again, name);
      expect(await reader.checkPruning({ reader: engine, table, columns }), name).toMatchObject({
        rows: pick(second, name).content.rows + content.rows,
        wrong: [],
      });
    }
  });
});

function readerOf(engine: (typeof readers)[number], { folder: table, columns }: FrozenTable) {
  return (selection?: Selection) => reader.readContent({ reader: engine, table, columns }, selection);
}

function pick(night: ReadonlyMap<string, FrozenTable>, name: string): FrozenTable {
  const table = night.get(name);
  if (table === undefined) throw new Error(`${name} was not archived`);
  return table;
}
