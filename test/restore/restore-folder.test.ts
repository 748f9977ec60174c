import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
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
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(join(data, file), bytes);
  await expect(restoreInto(join(lake.folder, 'csv'), 'csv')).rejects.toMatchObject({ code: 'integrity' });
  const left = await readdir(lake.folder);
  expect(left.filter((name) => name.startsWith('.csv-'))).toEqual([]);
  expect(await readdir(join(lake.folder, 'csv'))).toEqual([]);
});
