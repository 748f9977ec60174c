import { afterEach, expect, test } from 'vitest';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { describeTable } from '../../src/postgres/describe-table.ts';
import { lockTable, unlockTable } from '../../src/postgres/lock-table.ts';
import { openSession, type Session } from '../../src/postgres/session.ts';
import { exportSnapshot } from '../../src/postgres/snapshot-transaction.ts';
import type { RelationKind } from '../../src/postgres/table-description.ts';
import { createTestDatabase, runSql, withClient } from './test-server.ts';

const open: Session[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((session) => session.close()));
});

const TABLE = { schema: 'public', name: 't' };
const SETUP = `CREATE DOMAIN code AS char(5); CREATE TYPE mood AS ENUM ('ok');
  CREATE TABLE t (a int PRIMARY KEY, gone int, b numeric(5,2), c code, d mood[], e varchar(3), f int GENERATED ALWAYS AS (a) STORED);
  ALTER TABLE t DROP COLUMN gone; INSERT INTO t VALUES (1), (2)`;

/** A session in its snapshot transaction, and the table as that sees it. */
async function underSnapshot(url: string, kind: RelationKind = 'table') {
  const session = await openSession(parseSourceUrl(url), { applicationName: 'permafrost test' });
  open.push(session);
  await exportSnapshot(session);
  return { session, table: await describeTable(session, { ...TABLE, kind }) };
}

test('a table that nobody changed is locked until it is let go, and the snapshot goes on', async () => {
  const url = await createTestDatabase();
  await runSql(url, SETUP);
  const { session, table } = await underSnapshot(url);
  await lockTable(session, table);
  expect(
    await runSql(
      url,
      `SELECT mode FROM pg_locks WHERE pid = ${session.server.backendPid} AND relation = ${table.oid}`,
    ),
  ).toEqual([{ mode: 'AccessShareLock' }]);
  await expect(runSql(url, "SET lock_timeout = '50ms'; TRUNCATE t")).rejects.toThrow(/lock timeout/);
  await runSql(url, 'INSERT INTO t VALUES (3)');
  expect(await session.query('SELECT count(*) AS n FROM ONLY public.t')).toEqual([{ n: '2' }]);
  await unlockTable(session, 'public.t');
  await lockTable(session, table);
  await unlockTable(session, 'public.t');
  await runSql(url, "SET lock_timeout = '1s'; ALTER TABLE t DROP b");
  await expect(lockTable(session, table)).rejects.toMatchObject({ code: 'table-changed' });
});

const VIEW_SETUP = `CREATE TABLE base AS SELECT 1 AS a; CREATE TABLE root (a int) PARTITION BY LIST (a);
  CREATE TABLE part PARTITION OF root DEFAULT; CREATE MATERIALIZED VIEW kept AS SELECT a FROM base;
  CREATE VIEW inner_v AS SELECT a FROM base UNION ALL SELECT a FROM root; CREATE VIEW t AS SELECT a FROM inner_v`;

test('a view is locked with all that it reads, and the session reads no other view', async () => {
  const url = await createTestDatabase();
  await runSql(url, `${VIEW_SETUP}; CREATE VIEW other AS SELECT 1 AS a`);
  const { session, table } = await underSnapshot(url, 'view');
  await lockTable(session, table);
  for (const change of [
    'TRUNCATE base',
    'TRUNCATE part',
    'DROP VIEW t CASCADE',
    'DROP VIEW inner_v CASCADE',
  ]) {
    await expect(runSql(url, `SET lock_timeout = '50ms'; ${change}`)).rejects.toThrow(/lock timeout/);
  }
  expect(await session.query('SELECT a FROM public.t')).toEqual([{ a: '1' }]);
  await unlockTable(session, 'public.t');
  await runSql(url, "SET lock_timeout = '1s'; TRUNCATE base");
  await expect(session.query('SELECT a FROM public.t')).rejects.toMatchObject({
    code: 'source-unsuitable',
    message: expect.stringContaining('a view or foreign table that nobody named'),
  });
});

test.each([
  ['F06: TRUNCATE of what a view reads', 'view', 'TRUNCATE base', /reads public\.base/],
  ['F06: TRUNCATE of a partition that a view reads', 'view', 'TRUNCATE root', /reads public\.part/],
  [
    'B62: another definition of a view',
    'view',
    'CREATE OR REPLACE VIEW t AS SELECT a FROM base',
    /got another definition/,
  ],
  [
    'B62: another definition of a view below it',
    'view',
    'CREATE OR REPLACE VIEW inner_v AS SELECT 2 AS a',
    /reads public\.inner_v/,
  ],
  ['F07: another name of a column of a view', 'view', 'ALTER VIEW t RENAME a TO b', /other columns/],
  [
    'B62: a table in place of a view',
    'view',
    'DROP VIEW t; CREATE TABLE t AS SELECT 1 AS a',
    /replaced|dropped/,
  ],
  ['F06: REFRESH of a materialized view', 'materialized view', 'REFRESH MATERIALIZED VIEW t', /rewritten/],
] as const)('%s after the snapshot is table-changed', async (_case, kind, sql, message) => {
  const url = await createTestDatabase();
  await runSql(url, VIEW_SETUP);
  if (kind !== 'view') await runSql(url, 'DROP VIEW t; ALTER MATERIALIZED VIEW kept RENAME TO t');
  const { session, table } = await underSnapshot(url, kind);
  for (const statement of sql.split('; ')) await runSql(url, statement);
  await expect(lockTable(session, table)).rejects.toMatchObject({
    code: 'table-changed',
    message: expect.stringMatching(message),
  });
});

test('B62: a view that someone puts in place of a materialized view is not even planned by the server', async () => {
  const url = await createTestDatabase();
  await runSql(url, 'CREATE MATERIALIZED VIEW t AS SELECT 1 AS a');
  const { session, table } = await underSnapshot(url, 'materialized view');
  await runSql(url, 'DROP MATERIALIZED VIEW t; CREATE VIEW t AS SELECT 1 AS a');
  await expect(lockTable(session, table)).rejects.toMatchObject({
    code: 'source-unsuitable',
    message: expect.stringContaining('a view or foreign table that nobody named'),
  });
});

test('a new definition of a view that was rolled back is none', async () => {
  const url = await createTestDatabase();
  await runSql(url, VIEW_SETUP);
  await runSql(url, 'BEGIN; CREATE OR REPLACE VIEW t AS SELECT 2 AS a; ROLLBACK');
  const { session, table } = await underSnapshot(url, 'view');
  await runSql(url, 'BEGIN; CREATE OR REPLACE VIEW t AS SELECT 3 AS a; ROLLBACK');
  await lockTable(session, table);
  expect(await session.query('SELECT a FROM public.t')).toEqual([{ a: '1' }]);
});

test.each([
  ['F06: TRUNCATE', 'TRUNCATE t', /truncated or rewritten/],
  ['F06: TRUNCATE and new rows', 'TRUNCATE t; INSERT INTO t VALUES (7)', /truncated or rewritten/],
  ['F06: a type change that rewrites', 'ALTER TABLE t ALTER e TYPE int USING 1', /truncated or rewritten/],
  ['F06: VACUUM FULL', 'VACUUM FULL t', /truncated or rewritten/],
  ['F07: ADD COLUMN', 'ALTER TABLE t ADD g int', /other columns/],
  ['F07: ADD COLUMN with a default', 'ALTER TABLE t ADD g int DEFAULT 7', /other columns/],
  ['F07: DROP COLUMN', 'ALTER TABLE t DROP b', /other columns/],
  ['F07: RENAME COLUMN', 'ALTER TABLE t RENAME b TO g', /other columns/],
  [
    'F07: a swap of names',
    'ALTER TABLE t RENAME b TO x; ALTER TABLE t RENAME e TO b; ALTER TABLE t RENAME x TO e',
    /other columns/,
  ],
  ['F07: a type change that does not rewrite', 'ALTER TABLE t ALTER e TYPE varchar(9)', /other columns/],
  [
    'F07: drop and add under the same name',
    'ALTER TABLE t DROP e; ALTER TABLE t ADD e varchar(3)',
    /other columns/,
  ],
  ['F07: DROP TABLE', 'DROP TABLE t', /dropped or renamed/],
  ['F07: RENAME TABLE', 'ALTER TABLE t RENAME TO u', /dropped or renamed/],
  ['F07: SET SCHEMA', 'CREATE SCHEMA s; ALTER TABLE t SET SCHEMA s', /dropped or renamed/],
  ['F07: drop and create', 'DROP TABLE t; CREATE TABLE t (a int)', /replaced/],
  [
    'F07: a rename that puts another in its place',
    'ALTER TABLE t RENAME TO u; CREATE TABLE t (LIKE u)',
    /replaced/,
  ],
  ['B62: a view in its place', 'ALTER TABLE t RENAME TO u; CREATE VIEW t AS SELECT * FROM u', /replaced/],
])('%s after the snapshot is table-changed', async (_case, sql, message) => {
  const url = await createTestDatabase();
  await runSql(url, SETUP);
  const { session, table } = await underSnapshot(url);
  for (const statement of sql.split('; ')) await runSql(url, statement);
  await expect(lockTable(session, table)).rejects.toMatchObject({
    code: 'table-changed',
    message: expect.stringMatching(message),
  });
});

test('F07: a partition that was detached is read as before', async () => {
  const url = await createTestDatabase();
  await runSql(
    url,
    `CREATE TABLE root (a int, b text) PARTITION BY LIST (a); CREATE TABLE t (x int, b text, a int);
    ALTER TABLE t DROP x; ALTER TABLE root ATTACH PARTITION t FOR VALUES IN (1); INSERT INTO root VALUES (1, 'x')`,
  );
  const { session, table } = await underSnapshot(url);
  await runSql(url, 'ALTER TABLE root DETACH PARTITION t');
  await lockTable(session, table);
  expect(await session.query('SELECT a, b FROM ONLY public.t')).toEqual([{ a: '1', b: 'x' }]);
});

test('F08: a lock that is not to be had in time gives up, and keeps nobody waiting', async () => {
  const url = await createTestDatabase();
  await runSql(url, SETUP);
  const { session, table } = await underSnapshot(url);
  await withClient(url, async (other) => {
    await other.query('BEGIN; LOCK TABLE t');
    await expect(lockTable(session, table, { waitMs: 50 })).rejects.toMatchObject({
      code: 'source-unreachable',
      message: expect.stringContaining('55P03'),
    });
  });
});

test.each([
  [
    'B59: row-level security',
    'GRANT SELECT ON t TO reader_lock; ALTER TABLE t ENABLE ROW LEVEL SECURITY',
    /row-level security/,
  ],
  ['B60: no grant at all', 'SELECT', /may not read/],
  ['B60: a grant on some columns only', 'GRANT SELECT (a) ON t TO reader_lock', /may not read/],
])('%s is source-unsuitable, with the grant that cures it', async (_case, sql, message) => {
  const url = await createTestDatabase();
  await runSql(
    url,
    `DO $$ BEGIN CREATE ROLE reader_lock LOGIN PASSWORD 'r'; EXCEPTION WHEN duplicate_object THEN END $$; ${SETUP}; ${sql}`,
  );
  const limited = new URL(url);
  limited.username = 'reader_lock';
  limited.password = 'r';
  const { session, table } = await underSnapshot(limited.href);
  await expect(lockTable(session, table)).rejects.toMatchObject({
    code: 'source-unsuitable',
    message: expect.stringMatching(message),
    cure: expect.any(String),
  });
});
