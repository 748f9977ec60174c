import { afterEach, expect, inject, test } from 'vitest';
import { runSql } from '../postgres/test-server.ts';
import { createDatabase, expectWhole, openTestLake, type TestLake } from './restored-lake.ts';

let lake: TestLake | undefined;
afterEach(() => lake?.remove());

const source = `
  CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE base (a int, m mood); INSERT INTO base VALUES (1, 'ok'), (2, NULL);
  CREATE VIEW seen WITH (security_barrier) AS SELECT a, m, md5(a::text)::varchar(40) AS "Hash" FROM base;
  CREATE MATERIALIZED VIEW computed AS SELECT a, m FROM base; CREATE UNIQUE INDEX ON computed (a);
  CREATE TABLE root (a int, b text) PARTITION BY LIST (a); CREATE TABLE leaf PARTITION OF root FOR VALUES IN (1);
  INSERT INTO root VALUES (1, 'x'); CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
  CREATE FOREIGN TABLE elsewhere PARTITION OF root FOR VALUES IN (2) SERVER files
    OPTIONS (program 'echo 2,y', format 'csv');
  CREATE FUNCTION one_of() RETURNS seen LANGUAGE sql IMMUTABLE AS 'SELECT NULL::seen';
  CREATE TABLE with_view_type (a int DEFAULT (one_of()).a); INSERT INTO with_view_type VALUES (7);`;

test('what was archived of views and foreign tables comes back in tables of their names', async () => {
  lake = await openTestLake();
  const url = await createDatabase(inject('postgresUrl'), source);
  const named = ['public.seen', 'public.computed', 'public.elsewhere'];
  expectWhole(await lake.archive(url, '2026-03-27', ['public.*', ...named]));
  const into = await createDatabase(inject('postgresUrl'));
  const tables = ['base', 'seen', 'computed', 'leaf', 'elsewhere'];
  await lake.restore(into, { tables: tables.map((name) => `public.${name}`) });
  for (const table of [...tables, 'root']) {
    const rows = `SELECT * FROM ${table} ORDER BY 1`;
    expect(await runSql(into, rows), table).toEqual(await runSql(url, rows));
  }
  expect(
    await runSql(
      into,
      "SELECT relname, relkind FROM pg_class WHERE relname IN ('seen', 'computed', 'elsewhere') ORDER BY 1",
    ),
  ).toEqual(['computed', 'elsewhere', 'seen'].map((relname) => ({ relname, relkind: 'r' })));
  expect(await runSql(into, "SELECT FROM pg_indexes WHERE tablename = 'computed'")).toHaveLength(1);
});

test('a view that nobody named is not made a table, though a table needs its row type', async () => {
  lake = await openTestLake();
  const url = await createDatabase(inject('postgresUrl'), source);
  expectWhole(await lake.archive(url, '2026-03-27', ['public.with_view_type']));
  const into = await createDatabase(inject('postgresUrl'));
  await lake.restore(into);
  expect(await runSql(into, 'SELECT a FROM with_view_type')).toEqual([{ a: 7 }]);
  expect(await runSql(into, "SELECT FROM pg_class WHERE relname = 'seen'")).toEqual([]);
});
