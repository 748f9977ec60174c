import { afterEach, expect, test } from 'vitest';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { describeTable, describeTables } from '../../src/postgres/describe-table.ts';
import { listTables } from '../../src/postgres/list-tables.ts';
import { openSession, type Session } from '../../src/postgres/session.ts';
import { exportSnapshot } from '../../src/postgres/snapshot-transaction.ts';
import { createTestDatabase, runSql } from './test-server.ts';

const open: Session[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((session) => session.close()));
});

async function openTest(url: string): Promise<Session> {
  const session = await openSession(parseSourceUrl(url), { applicationName: 'permafrost test' });
  open.push(session);
  return session;
}

async function sourceWith(sql: string): Promise<{ url: string; session: Session }> {
  const url = await createTestDatabase();
  await runSql(url, sql);
  return { url, session: await openTest(url) };
}

test('a table with all that a description holds', async () => {
  const { url, session } = await sourceWith(`
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TABLE t (a int NOT NULL, gone text, b numeric(12,2), c varchar(20), d mood[], e int GENERATED ALWAYS AS (a + 1) STORED,
      f mood, g timestamptz(3), id bigint GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (id, a) INCLUDE (c));
    ALTER TABLE t DROP COLUMN gone`);
  const [row] = await runSql(
    url,
    `SELECT oid, relfilenode, 'mood'::regtype::oid AS mood, 'mood[]'::regtype::oid AS moods
    FROM pg_class WHERE relname = 't'`,
  );
  const shared = { builtIn: true, generated: false, notNull: false, typeKind: 'b', typeModifier: -1 };
  const int4 = {
    ...shared,
    baseTypeOid: 23,
    baseTypeName: 'int4',
    declaredType: 'integer',
    outputFunction: 'int4out',
  };
  const numeric = { baseTypeOid: 1700, baseTypeName: 'numeric', outputFunction: 'numeric_out' };
  const varchar = { baseTypeOid: 1043, baseTypeName: 'varchar', outputFunction: 'varcharout' };
  const moods = {
    baseTypeOid: row?.moods,
    baseTypeName: '_mood',
    outputFunction: 'array_out',
    builtIn: false,
  };
  const mood = {
    baseTypeOid: row?.mood,
    baseTypeName: 'mood',
    outputFunction: 'enum_out',
    builtIn: false,
    typeKind: 'e',
  };
  const timestamptz = { baseTypeOid: 1184, baseTypeName: 'timestamptz', outputFunction: 'timestamptz_out' };
  const int8 = { baseTypeOid: 20, baseTypeName: 'int8', declaredType: 'bigint', outputFunction: 'int8out' };
  const numericModifier = 4 + (12 << 16) + 2;
  expect(await describeTable(session, { schema: 'public', name: 't' })).toEqual({
    oid: row?.oid,
    kind: 'table',
    schema: 'public',
    name: 't',
    relfilenode: row?.relfilenode,
    primaryKey: [9, 1],
    estimatedRows: -1,
    bytes: 0,
    heapBlocks: 0,
    columns: [
      { ...int4, attnum: 1, name: 'a', notNull: true },
      {
        ...shared,
        ...numeric,
        attnum: 3,
        name: 'b',
        declaredType: 'numeric(12,2)',
        typeModifier: numericModifier,
      },
      {
        ...shared,
        ...varchar,
        attnum: 4,
        name: 'c',
        declaredType: 'character varying(20)',
        typeModifier: 24,
      },
      { ...shared, ...moods, attnum: 5, name: 'd', declaredType: 'public.mood[]' },
      { ...int4, attnum: 6, name: 'e', generated: true },
      { ...shared, ...mood, attnum: 7, name: 'f', declaredType: 'public.mood' },
      {
        ...shared,
        ...timestamptz,
        attnum: 8,
        name: 'g',
        declaredType: 'timestamp(3) with time zone',
        typeModifier: 3,
      },
      { ...shared, ...int8, attnum: 9, name: 'id', notNull: true },
    ],
  });
});

test('B32: domains are followed to their base, with the modifier that applies there', async () => {
  const { session } = await sourceWith(`
    CREATE DOMAIN price AS numeric(10,2); CREATE DOMAIN shop_price AS price CHECK (VALUE > 0);
    CREATE DOMAIN plain AS numeric; CREATE DOMAIN numbers AS int[]; CREATE TYPE pair AS (a int, b int);
    CREATE DOMAIN pairs AS pair; CREATE DOMAIN code AS char(5);
    CREATE TABLE t (a price, b shop_price, c plain, d numbers, e pairs, f code, g price[])`);
  const { columns } = await describeTable(session, { schema: 'public', name: 't' });
  expect(
    columns.map((column) => [column.declaredType, column.baseTypeName, column.typeModifier, column.typeKind]),
  ).toEqual([
    ['public.price', 'numeric', 4 + (10 << 16) + 2, 'b'],
    ['public.shop_price', 'numeric', 4 + (10 << 16) + 2, 'b'],
    ['public.plain', 'numeric', -1, 'b'],
    ['public.numbers', '_int4', -1, 'b'],
    ['public.pairs', 'pair', -1, 'c'],
    ['public.code', 'bpchar', 9, 'b'],
    ['public.price[]', '_price', -1, 'b'],
  ]);
});

test('B45, B51, B52: a table without columns, names of every kind, and long names that share a beginning', async () => {
  const long = 'é'.repeat(31);
  const names = [
    'We"ird.name/../x é',
    ' ',
    'select',
    'a',
    'A',
    '\u00e9',
    'e\u0301',
    `${long}x`,
    `${long}y`,
    '=cmd|<script>',
    '{a}',
  ];
  const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`);
  const { session } = await sourceWith(
    `CREATE TABLE nothing (); ${quoted.map((name) => `CREATE TABLE ${name} (${name} int)`).join(';')}`,
  );
  expect((await describeTable(session, { schema: 'public', name: 'nothing' })).columns).toEqual([]);
  for (const name of names) {
    const table = await describeTable(session, { schema: 'public', name });
    expect([table.name, ...table.columns.map((column) => column.name)]).toEqual([name, name]);
  }
});

test('a name that only begins like a table is not cut to it', async () => {
  const name = 'n'.repeat(63);
  const { session } = await sourceWith(`CREATE TABLE ${name} (a int)`);
  await expect(describeTable(session, { schema: 'public', name: `${name}n` })).rejects.toMatchObject({
    code: 'table-not-found',
  });
});

test('B46: 1600 columns, and all tables of a source in one round trip', async () => {
  const columns = Array.from({ length: 1600 }, (_, index) => `c${index} int`);
  const { session } = await sourceWith(
    `CREATE TABLE wide (${columns.join()}); CREATE TABLE z (a int); CREATE TABLE b (a int)`,
  );
  const { tables } = await listTables(session);
  const described = await describeTables(session, [...tables.map((table) => table.oid), 4_294_967_295]);
  expect(described.map((table) => [table.name, table.columns.length])).toEqual([
    ['b', 1],
    ['wide', 1600],
    ['z', 1],
  ]);
});

test('a NOT NULL that was never validated does not count', async () => {
  const { url, session } = await sourceWith(
    'CREATE TABLE t (a int, b int NOT NULL); INSERT INTO t VALUES (NULL, 1)',
  );
  if (session.server.versionNumber >= 180_000)
    await runSql(url, 'ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID');
  const { columns } = await describeTable(session, { schema: 'public', name: 't' });
  expect(columns.map((column) => column.notNull)).toEqual([false, true]);
});

test('the description is that of the snapshot', async () => {
  const { url, session } = await sourceWith('CREATE TABLE t (a int)');
  await exportSnapshot(session);
  const before = await describeTable(session, { schema: 'public', name: 't' });
  await runSql(url, 'ALTER TABLE t ADD b int; TRUNCATE t');
  expect(await describeTable(session, { schema: 'public', name: 't' })).toEqual(before);
});

test('B62: what is not of the kind that was planned is not described as if it were', async () => {
  const { session } = await sourceWith('CREATE VIEW seen AS SELECT 1 AS a; CREATE TABLE t (a int)');
  const view = { schema: 'public', name: 'seen' };
  await expect(describeTable(session, view)).rejects.toMatchObject({
    code: 'table-changed',
    message: 'describing public.seen: a view stands where a table was planned',
  });
  await expect(describeTable(session, { ...view, name: 't', kind: 'view' })).rejects.toMatchObject({
    code: 'table-changed',
  });
  expect(await describeTable(session, { ...view, kind: 'view' })).toMatchObject({
    kind: 'view',
    relfilenode: 0,
    columns: [{ name: 'a', attnum: 1 }],
  });
});
