import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { findFrozenNight } from '../../src/restore/frozen-table.ts';
import { restoreFolder } from '../../src/restore/restore-folder.ts';
import { hasDebianPostgres, pgDump, psqlProgram, startDebianPostgres } from '../postgres/debian-postgres.ts';
import { runSql, type TestPostgres } from '../postgres/test-server.ts';
import { readDatabase } from './database-content.ts';
import {
  createDatabase,
  expectWhole,
  openTestLake,
  silent,
  type TestLake,
  tortureSql,
} from './restored-lake.ts';

const run = promisify(execFile);
const signal = new AbortController().signal;
let lake: TestLake;

beforeEach(async () => {
  lake = await openTestLake();
});
afterEach(() => lake.remove());

async function restoreInto(folder: string, format: 'csv' | 'parquet') {
  const { tables } = await findFrozenNight(lake, { night: undefined, tables: [] });
  return restoreFolder(tables, lake.store, { folder, format, signal, watch: silent });
}

describe("Debian's PostgreSQL 15 (where it is installed)", () => {
  let debian: TestPostgres | undefined;
  beforeAll(async () => {
    if (!hasDebianPostgres) return;
    debian = await startDebianPostgres();
    await runSql(debian.url, 'CREATE ROLE "torture.reader"');
  });
  afterAll(() => debian?.stop());

  test.skipIf(!hasDebianPostgres)(
    'psql alone makes the database again from CSV and the script, with every odd name and value',
    { timeout: 60_000 },
    async () => {
      const server = debian?.url ?? '';
      const source = await createDatabase(server, await tortureSql());
      expectWhole(await lake.archive(source, '2026-11-20'));
      const folder = join(lake.folder, 'csv');
      await restoreInto(folder, 'csv');
      const target = await createDatabase(server);
      await run(psqlProgram, ['-X', '-q', '-f', 'restore.sql', target], { cwd: folder });
      expect(await readDatabase(target)).toEqual(await readDatabase(source));
      const recorded =
        /CREATE (TRIGGER|CONSTRAINT TRIGGER|RULE|POLICY strict|FUNCTION public\.on_change)|OWNER TO|GRANT|REVOKE|TRIGGER|POLICY strict/;
      const plain = (statements: readonly string[]) => statements.filter((sql) => !recorded.test(sql));
      expect(plain(await pgDump(target))).toEqual(plain(await pgDump(source)));
    },
  );
});

describe.skipIf(!hasDebianPostgres)('psql and names and values that its commands would end at', () => {
  let debian: TestPostgres | undefined;
  beforeAll(async () => {
    debian = await startDebianPostgres();
  });
  afterAll(() => debian?.stop());

  test.each([
    [
      'a line of a text that is \\.',
      String.raw`CREATE TABLE t (a text); INSERT INTO t VALUES (E'x\n\\.\n"y'), (E'\r\n\\.\r\n\\.\r\n'), ('\.')`,
    ],
    [
      'names of several lines, of which one is a command of psql',
      `CREATE TABLE "t\n\\! exit 1\n" ("a\n\\q\n" int, id int GENERATED ALWAYS AS IDENTITY, g int GENERATED ALWAYS AS (7) STORED);
       INSERT INTO "t\n\\! exit 1\n" VALUES (1); COMMENT ON TABLE "t\n\\! exit 1\n" IS E'a\n\\q\n'`,
    ],
  ])('%s', async (_, sql) => {
    const server = debian?.url ?? '';
    const source = await createDatabase(server, sql);
    expectWhole(await lake.archive(source, '2026-11-20'));
    const folder = join(lake.folder, 'csv');
    await restoreInto(folder, 'csv');
    const target = await createDatabase(server);
    await run(psqlProgram, ['-X', '-q', '-f', 'restore.sql', target], { cwd: folder });
    expect(await readDatabase(target)).toEqual(await readDatabase(source));
    expect(await pgDump(target)).toEqual(await pgDump(source));
  });

  test('a null in an array stays one where the database reads the word as text', async () => {
    const server = debian?.url ?? '';
    const source = await createDatabase(
      server,
      `CREATE TABLE t (a text[]); INSERT INTO t VALUES ('{NULL,x}')`,
    );
    expectWhole(await lake.archive(source, '2026-11-20'));
    const folder = join(lake.folder, 'csv');
    await restoreInto(folder, 'csv');
    const target = await createDatabase(server);
    await runSql(server, `ALTER DATABASE ${new URL(target).pathname.slice(1)} SET array_nulls = off`);
    await run(psqlProgram, ['-X', '-q', '-f', 'restore.sql', target], { cwd: folder });
    expect(await readDatabase(target)).toEqual(await readDatabase(source));
  });
});

test('a table that cannot be made is left out of the script, and its rows are there', async () => {
  const source = await createDatabase(
    inject('postgresUrl'),
    `CREATE FUNCTION plus(int, int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + $2';
     CREATE OPERATOR @+@ (FUNCTION = plus, LEFTARG = int, RIGHTARG = int);
     CREATE TABLE bound (a int, b int GENERATED ALWAYS AS (a @+@ 1) STORED); CREATE TABLE free (a int)`,
  );
  expectWhole(await lake.archive(source, '2026-11-20'));
  const folder = join(lake.folder, 'csv');
  const { leftOut } = await restoreInto(folder, 'csv');
  expect(leftOut).toMatchObject([{ kind: 'not-archived', what: 'table public.bound' }]);
  expect((await readdir(folder)).toSorted()).toEqual(['bound.csv', 'free.csv', 'restore.sql']);
  const script = await readFile(join(folder, 'restore.sql'), 'utf8');
  expect(script.match(/^\\copy .* FROM/gm)).toEqual([String.raw`\copy "public"."free" ("a") FROM`]);
});

test('sequences whose value was not archived are named, for the script does not set them', async () => {
  const source = await createDatabase(
    inject('postgresUrl'),
    'CREATE TABLE t (id serial, a int GENERATED ALWAYS AS IDENTITY)',
  );
  const reader = new URL(source);
  reader.username = `r_${randomBytes(6).toString('hex')}`;
  reader.password = 'secret';
  await runSql(
    source,
    `CREATE ROLE ${reader.username} LOGIN PASSWORD 'secret'; GRANT SELECT ON t, t_a_seq TO ${reader.username}`,
  );
  expectWhole(await lake.archive(reader.href, '2026-11-20'));
  const { leftOut } = await restoreInto(join(lake.folder, 'csv'), 'csv');
  expect(leftOut).toMatchObject([{ kind: 'not-archived', what: 'value of the sequence public.t_id_seq' }]);
});

test('a folder that is a link is filled where it points to', async () => {
  const source = await createDatabase(inject('postgresUrl'), 'CREATE TABLE t (a int)');
  expectWhole(await lake.archive(source, '2026-11-20'));
  const [real, link] = [join(lake.folder, 'real'), join(lake.folder, 'link')];
  await mkdir(real);
  await symlink(real, link);
  await restoreInto(link, 'csv');
  expect((await readdir(real)).toSorted()).toEqual(['restore.sql', 't.csv']);
});

test('what is restored is for its owner only, whatever folder it is put into', async () => {
  const source = await createDatabase(inject('postgresUrl'), 'CREATE TABLE t (a int)');
  expectWhole(await lake.archive(source, '2026-11-20'));
  for (const format of ['csv', 'parquet'] as const) {
    const folder = join(lake.folder, 'new', format);
    await restoreInto(folder, format);
    const paths = [folder, ...(await readdir(folder)).map((name) => join(folder, name))];
    const modes = await Promise.all(paths.map(async (path) => (await stat(path)).mode & 0o077));
    expect(modes).toEqual([0, 0, 0]);
  }
});

test('Parquet files are those of the lake, and any engine reads them', async () => {
  const source = await createDatabase(
    inject('postgresUrl'),
    'CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, $$x$$), (2, NULL)',
  );
  expectWhole(await lake.archive(source, '2026-11-20'));
  const folder = join(lake.folder, 'parquet');
  const { tables } = await restoreInto(folder, 'parquet');
  expect(tables).toMatchObject([{ schema: 'public', name: 't', rows: 2 }]);
  expect((await readdir(folder)).toSorted()).toEqual(['restore.sql', 't.parquet']);
  const connection = await (await DuckDBInstance.create()).connect();
  const reader = await connection.runAndReadAll(
    `SELECT a, b, dt::VARCHAR FROM '${join(folder, 't.parquet')}' ORDER BY a`,
  );
  expect(reader.getRows()).toEqual([
    [1, 'x', '2026-11-20'],
    [2, null, '2026-11-20'],
  ]);
  connection.closeSync();
});

test('a folder that holds something is refused, and nothing is left beside it', async () => {
  const source = await createDatabase(inject('postgresUrl'), 'CREATE TABLE t (a int)');
  expectWhole(await lake.archive(source, '2026-11-20'));
  const before = await readdir(lake.folder);
  await expect(restoreInto(lake.folder, 'csv')).rejects.toMatchObject({
    code: 'target-unsuitable',
    message: `the folder ${lake.folder} is not empty`,
  });
  expect(await readdir(lake.folder)).toEqual(before);
});

test('rows that are not those of the night leave no folder', async () => {
  const source = await createDatabase(
    inject('postgresUrl'),
    'CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 1000)',
  );
  expectWhole(await lake.archive(source, '2026-11-20'));
  const data = join(lake.folder, 'lake/iceberg/t/data/dt=2026-11-20');
  const [file = ''] = await readdir(data);
  const bytes = await readFile(join(data, file));
  // Amid the values: between two pages there are bits that nobody reads.
  bytes[bytes.length >> 2]! ^= 1;
  await writeFile(join(data, file), bytes);
  await expect(restoreInto(join(lake.folder, 'csv'), 'csv')).rejects.toMatchObject({ code: 'integrity' });
  expect(await readdir(join(lake.folder, 'csv'))).toEqual([]);
});
