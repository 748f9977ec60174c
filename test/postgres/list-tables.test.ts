import { afterEach, expect, test } from 'vitest';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { listTables } from '../../src/postgres/list-tables.ts';
import { openSession, type Session } from '../../src/postgres/session.ts';
import { exportSnapshot } from '../../src/postgres/snapshot-transaction.ts';
import { createTestDatabase, runSql, withClient } from './test-server.ts';

const open: Session[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((session) => session.close()));
});

async function openTest(url: string): Promise<Session> {
  const session = await openSession(parseSourceUrl(url), { applicationName: 'permafrost test' });
  open.push(session);
  return session;
}

function labels(relations: readonly { schema: string; name: string }[]): string[] {
  return relations.map(({ schema, name }) => `${schema}.${name}`);
}

const EVERY_KIND = `
  CREATE TABLE plain (a int);
  CREATE UNLOGGED TABLE "unlogged" (a int);
  CREATE TYPE row_type AS (a int);
  CREATE TABLE typed OF row_type;
  CREATE TABLE parent (a int); CREATE TABLE child () INHERITS (parent);
  CREATE TABLE root (a int, b int) PARTITION BY LIST (a);
  CREATE TABLE leaf PARTITION OF root FOR VALUES IN (1);
  CREATE TABLE branch PARTITION OF root FOR VALUES IN (2) PARTITION BY LIST (b);
  CREATE TABLE twig PARTITION OF branch DEFAULT;
  CREATE TABLE empty_root (a int) PARTITION BY RANGE (a);
  CREATE VIEW seen AS SELECT * FROM plain;
  CREATE MATERIALIZED VIEW computed AS SELECT * FROM plain WITH NO DATA;
  CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
  CREATE FOREIGN TABLE elsewhere (a int) SERVER files OPTIONS (filename '/dev/null');
  CREATE FOREIGN TABLE foreign_leaf PARTITION OF root FOR VALUES IN (3) SERVER files OPTIONS (filename '/dev/null');
  CREATE SEQUENCE counter;
`;

test('B56–B58: every relation with rows is listed once, every other one with the rule that leaves it out', async () => {
  const url = await createTestDatabase();
  await runSql(url, EVERY_KIND);
  await withClient(url, async (other) => {
    await other.query('CREATE TEMPORARY TABLE fleeting (a int)');
    const listing = await listTables(await openTest(url));
    expect(labels(listing.tables)).toEqual(
      ['child', 'leaf', 'parent', 'plain', 'twig', 'typed', 'unlogged'].map((name) => `public.${name}`),
    );
    expect(
      listing.tables.flatMap(({ name, partOf }) => (partOf.length > 0 ? [[name, ...labels(partOf)]] : [])),
    ).toEqual([
      ['leaf', 'public.root'],
      ['twig', 'public.branch', 'public.root'],
    ]);
    expect(listing.tables.find((table) => table.name === 'unlogged')?.persistence).toBe('unlogged');
    expect(listing.excluded.map(({ name, rule }) => [name, rule.split(':')[0]])).toEqual([
      ['fleeting', 'temporary table'],
      ['branch', 'partitioned table'],
      ['empty_root', 'partitioned table'],
      ['root', 'partitioned table'],
    ]);
    expect(listing.onlyByName.map(({ name, kind, rule }) => [name, kind, rule.split(':')[0]])).toEqual([
      ['computed', 'materialized view', 'materialized view'],
      ['elsewhere', 'foreign table', 'foreign table'],
      ['foreign_leaf', 'foreign table', 'foreign table'],
      ['seen', 'view', 'view'],
    ]);
    expect(listing.missing).toEqual([]);
  });
});

test('a pattern that names a partitioned table takes its partitions at every level', async () => {
  const url = await createTestDatabase();
  await runSql(url, EVERY_KIND);
  const listing = await listTables(await openTest(url), ['public.root']);
  expect(labels(listing.tables)).toEqual(['public.leaf', 'public.twig']);
  expect(labels(listing.excluded)).toEqual(['public.branch', 'public.root']);
  expect(labels(listing.onlyByName)).toEqual(['public.foreign_leaf']);
});

test('patterns that match nothing are named, wildcards too', async () => {
  const url = await createTestDatabase();
  await runSql(url, 'CREATE TABLE orders (a int); CREATE TABLE "Orders" (a int)');
  const patterns = ['public.orders', 'public.order', 'pubic.*', 'public.ORDERS', 'public.order'];
  const listing = await listTables(await openTest(url), patterns);
  expect(labels(listing.tables)).toEqual(['public.orders']);
  expect(listing.missing).toEqual(['public.order', 'pubic.*', 'public.ORDERS']);
});

test('B55: schemas that only look like those of the system are listed', async () => {
  const url = await createTestDatabase();
  const schemas = ['PG_x', 'Information_Schema', 'a', 'b', 'pgx'];
  await runSql(
    url,
    schemas.map((name) => `CREATE SCHEMA "${name}"; CREATE TABLE "${name}".same (a int)`).join(';'),
  );
  expect(labels((await listTables(await openTest(url))).tables)).toEqual(
    ['Information_Schema', 'PG_x', 'a', 'b', 'pgx'].map((name) => `${name}.same`),
  );
});

test('B59, B60: a table that may not be read, or not wholly, stays in the list and says so', async () => {
  const url = await createTestDatabase();
  await runSql(
    url,
    `CREATE ROLE reader_list LOGIN PASSWORD 'r'; CREATE SCHEMA closed;
    CREATE TABLE granted (a int); GRANT SELECT ON granted TO reader_list;
    CREATE TABLE hidden (a int); GRANT SELECT ON hidden TO reader_list; ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
    CREATE TABLE refused (a int);
    CREATE TABLE closed.behind (a int); GRANT SELECT ON closed.behind TO reader_list`,
  );
  const limited = new URL(url);
  limited.username = 'reader_list';
  limited.password = 'r';
  const { tables } = await listTables(await openTest(limited.href));
  expect(tables.map(({ name, maySelect, rowsHidden }) => [name, maySelect, rowsHidden])).toEqual([
    ['behind', false, false],
    ['granted', true, false],
    ['hidden', true, true],
    ['refused', false, false],
  ]);
});

test('B47: sizes and estimates, with -1 for a table that was never analysed; TOAST counts', async () => {
  const url = await createTestDatabase();
  await runSql(
    url,
    `CREATE TABLE never (a int); CREATE TABLE known AS SELECT generate_series(1, 1000) AS a; ANALYZE known;
    CREATE TABLE toasted (a text STORAGE EXTERNAL); INSERT INTO toasted VALUES (repeat('x', 100000))`,
  );
  const [real] = await runSql(url, "SELECT pg_relation_size('known')::int AS bytes");
  const { tables } = await listTables(await openTest(url));
  expect(tables).toMatchObject([
    { name: 'known', estimatedRows: 1000, bytes: real?.bytes },
    { name: 'never', estimatedRows: -1, bytes: 0 },
    { name: 'toasted', estimatedRows: -1 },
  ]);
  expect(tables[2]?.bytes).toBeGreaterThan(100_000);
});

test('F08: the list does not wait for a table that someone alters', async () => {
  const url = await createTestDatabase();
  await runSql(url, 'CREATE TABLE altered AS SELECT generate_series(1, 1000) AS a');
  await runSql(url, 'VACUUM ANALYZE altered');
  await withClient(url, async (other) => {
    await other.query('BEGIN; ALTER TABLE altered ADD b int');
    const { tables } = await listTables(await openTest(url));
    expect(tables).toMatchObject([{ name: 'altered', estimatedRows: 1000, bytes: 40_960 }]);
  });
});

test('the list is that of the snapshot, with tables that were dropped since', async () => {
  const url = await createTestDatabase();
  await runSql(url, 'CREATE TABLE dropped (a int)');
  const session = await openTest(url);
  await exportSnapshot(session);
  await runSql(url, 'DROP TABLE dropped; CREATE TABLE later (a int)');
  expect(labels((await listTables(session)).tables)).toEqual(['public.dropped']);
});
