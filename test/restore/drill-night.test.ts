import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { DrillResult } from '../../src/archive/night.ts';
import { composeDrill } from '../../src/composition.ts';
import { readConfig } from '../../src/config.ts';
import { findServerAccount } from '../../src/demo/server-account.ts';
import { prepareFolder } from '../../src/demo/server-cluster.ts';
import { chooseSample } from '../../src/restore/drill-sample.ts';
import type { HeldTable } from '../../src/restore/frozen-table.ts';
import { runSql, withClient } from '../postgres/test-server.ts';
import { createDatabase, expectWhole, openTestLake, type TestLake } from './restored-lake.ts';

const server = inject('postgresUrl');
const night = '2026-11-20';
let lake: TestLake;

beforeEach(async () => {
  lake = await openTestLake();
});
afterEach(() => lake.remove());

function drill(
  tables: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  signal = new AbortController().signal,
): Promise<DrillResult> {
  const config = readConfig(
    { lake: join(lake.folder, 'lake') },
    { PERMAFROST_DRILL_SERVER: server, PERMAFROST_STATE_FOLDER: join(lake.folder, 'state'), ...env },
  );
  const options = { signal, onProgress: () => undefined };
  return composeDrill(config)({ night: undefined, tables }, options);
}

const scratchDatabases = () =>
  runSql(server, `SELECT datname FROM pg_database WHERE datname LIKE 'permafrost_drill_%'`);

async function archiveThree(): Promise<void> {
  const source = await createDatabase(
    server,
    `CREATE TABLE small (a int PRIMARY KEY); INSERT INTO small VALUES (1);
     CREATE TABLE middle (a int REFERENCES small, t text); INSERT INTO middle SELECT 1, md5(i::text) FROM generate_series(1, 100) i;
     CREATE TABLE large (a serial, t text); INSERT INTO large (t) SELECT md5(i::text) FROM generate_series(1, 5000) i`,
  );
  expectWhole(await lake.archive(source, night));
}

async function damage(table: string): Promise<void> {
  const folder = join(lake.folder, 'lake/iceberg', table, `data/dt=${night}`);
  const [file = ''] = await readdir(folder);
  const bytes = await readFile(join(folder, file));
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(join(folder, file), bytes);
}

test('the smallest, the largest and another table come back, and the evidence says so', async () => {
  await archiveThree();
  const result = await drill();
  expect(result).toMatchObject({
    kind: 'passed',
    night,
    tables: [
      { table: 'public.small', chosenAs: 'smallest', rows: 1, refused: [] },
      { table: 'public.middle', chosenAs: 'random', rows: 100, refused: [] },
      { table: 'public.large', chosenAs: 'largest', rows: 5000, refused: [] },
    ],
  });
  if (result.kind === 'not-run') throw new Error(result.message);
  const evidence: unknown = JSON.parse(await readFile(fileURLToPath(result.evidence), 'utf8'));
  expect(evidence).toMatchObject({
    night,
    result: 'passed',
    tables: result.tables,
    scratchServer: expect.stringMatching(/^\d+/),
  });
  expect(await scratchDatabases()).toEqual([]);
});

test('a table whose file was changed is named, and the others are still tried', async () => {
  await archiveThree();
  await damage('middle');
  const result = await drill();
  expect(result).toMatchObject({
    kind: 'failed',
    tables: [
      { table: 'public.small' },
      {
        table: 'public.middle',
        failure: { code: 'integrity', message: expect.stringMatching(/^restoring public.middle: /) },
      },
      { table: 'public.large' },
    ],
  });
  expect(await scratchDatabases()).toEqual([]);
});

test('rows that are other than those archived, in a file that reads well, are found', async () => {
  await archiveThree();
  const source = await createDatabase(
    server,
    'CREATE TABLE small (a int PRIMARY KEY); INSERT INTO small VALUES (2)',
  );
  const other = await openTestLake();
  expectWhole(await other.archive(source, night));
  const folder = (root: string) => join(root, 'lake/iceberg/small/data', `dt=${night}`);
  const [theirs = ''] = await readdir(folder(other.folder));
  const [ours = ''] = await readdir(folder(lake.folder));
  await writeFile(join(folder(lake.folder), ours), await readFile(join(folder(other.folder), theirs)));
  expect(await drill(['public.small'])).toMatchObject({
    kind: 'failed',
    tables: [
      {
        chosenAs: 'asked-for',
        failure: {
          code: 'integrity',
          message: 'restoring public.small: the rows are not those that were archived',
        },
      },
    ],
  });
  await other.remove();
});

test('texts mean in the scratch database what they mean in the source', async () => {
  const name = `t_${randomBytes(6).toString('hex')}`;
  const create = `CREATE DATABASE ${name} TEMPLATE template0 LOCALE_PROVIDER`;
  // Where the machine has no other language, the other provider is other enough: to it, only ASCII has capitals.
  await runSql(server, `${create} libc LC_COLLATE 'de_DE.utf8' LC_CTYPE 'de_DE.utf8'`).catch(() =>
    runSql(server, `${create} libc LC_COLLATE 'C' LC_CTYPE 'C'`),
  );
  const source = new URL(server);
  source.pathname = `/${name}`;
  await runSql(
    source.href,
    `CREATE TABLE folded (a text, b text GENERATED ALWAYS AS (lower(a)) STORED, c bool GENERATED ALWAYS AS (a < 'Z') STORED);
     INSERT INTO folded VALUES ('ÄRGER'), ('b')`,
  );
  expectWhole(await lake.archive(source.href, night));
  expect(await drill()).toMatchObject({ kind: 'passed' });
  expect(await drill([], { PERMAFROST_DRILL_SERVER: '' })).toMatchObject({ kind: 'passed' });
});

test('an interrupt leaves no scratch database, though the server is still at work in it', async () => {
  const source = await createDatabase(
    server,
    `CREATE FUNCTION slow(int) RETURNS bool LANGUAGE plpgsql AS
       $$ BEGIN IF current_database() LIKE 'permafrost_drill_%' THEN PERFORM pg_sleep(20); END IF; RETURN true; END $$;
     CREATE TABLE t (a int CHECK (slow(a))); INSERT INTO t VALUES (1)`,
  );
  expectWhole(await lake.archive(source, night));
  const stop = new AbortController();
  const drilling = drill([], {}, stop.signal);
  const sleeping = `SELECT FROM pg_stat_activity WHERE datname LIKE 'permafrost_drill_%' AND wait_event = 'PgSleep'`;
  while ((await runSql(server, sleeping)).length === 0) await sleep(50);
  stop.abort();
  await expect(drilling).rejects.toMatchObject({ code: 'cancelled' });
  expect(await scratchDatabases()).toEqual([]);
});

test('without a server for it, one is started, and nothing of it stays', async () => {
  await archiveThree();
  expect(await drill(['public.small'], { PERMAFROST_DRILL_SERVER: '' })).toMatchObject({ kind: 'passed' });
  expect(await readdir(join(lake.folder, 'state'))).not.toContainEqual(expect.stringMatching(/^drill/));
});

test('what a killed drill left is removed days later, unless a server runs there', async () => {
  await archiveThree();
  const state = join(lake.folder, 'state');
  const account = await findServerAccount();
  const daysAgo = new Date(Date.now() - 3 * 24 * 3_600_000);
  /** Gives the folder that the server really uses: another one where its account cannot enter ours. */
  const leave = async (name: string, pid: number): Promise<string> => {
    const folder = await prepareFolder(join(state, name), account, []);
    const data = join(folder, 'postgres-18/data');
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'postmaster.pid'), `${pid}\n`);
    return folder;
  };
  await withClient(server, async (client) => {
    const found = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const killed = await leave('drill-killed', 0);
    const running = await leave('drill-running', found.rows[0]?.pid ?? 0);
    const fresh = await leave('drill-fresh', 0);
    for (const name of ['drill-killed', 'drill-running']) await utimes(join(state, name), daysAgo, daysAgo);
    expect(await drill(['public.small'], { PERMAFROST_DRILL_SERVER: '' })).toMatchObject({ kind: 'passed' });
    expect([killed, running, fresh].map((folder) => existsSync(folder))).toEqual([false, true, true]);
    expect((await readdir(state)).toSorted()).toEqual(
      expect.arrayContaining(['drill-fresh', 'drill-running']),
    );
    expect(await readdir(state)).not.toContain('drill-killed');
    for (const folder of [running, fresh]) await rm(folder, { recursive: true, force: true });
  });
});

test('a scratch server that cannot be reached is an error, not a failed table', async () => {
  await archiveThree();
  const nowhere = 'postgres://postgres@127.0.0.1:1/postgres?sslmode=disable';
  await expect(drill([], { PERMAFROST_DRILL_SERVER: nowhere })).rejects.toMatchObject({
    code: 'source-unreachable',
  });
});

const held = (sizes: readonly number[]) => sizes.map((bytes) => ({ bytes }) as HeldTable);

const chosen = (sizes: readonly number[], draw: number) =>
  chooseSample(held(sizes), () => draw).map(({ table, chosenAs }) => `${chosenAs} ${table.bytes}`);

describe('the sample', () => {
  test('holds no table twice, however few there are', () => {
    expect(chosen([], 0)).toEqual([]);
    expect(chosen([5], 0)).toEqual(['smallest 5']);
    expect(chosen([5, 1], 0)).toEqual(['smallest 1', 'largest 5']);
    expect(chosen([5, 1, 3], 0.99)).toEqual(['smallest 1', 'random 3', 'largest 5']);
  });

  test('gives every other table its turn', () => {
    expect([0, 0.34, 0.99].map((draw) => chosen([1, 2, 3, 4, 9], draw)[1])).toEqual([
      'random 2',
      'random 3',
      'random 4',
    ]);
  });
});
