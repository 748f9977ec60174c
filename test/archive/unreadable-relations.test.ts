import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { NightResult } from '../../src/archive/night.ts';
import { asReader, type OpenServer, serverVersions } from '../postgres/server-versions.ts';
import { runSql, startTestPostgres, withClient } from '../postgres/test-server.ts';
import { openSampleNights, type SampleNights } from './sample-night.ts';

/** What stands in the way of one table fails that table, by its name and without its data; the others are archived. */
const canary = 'canary-7f3a';

let opened: SampleNights | undefined;
afterEach(() => opened?.close());

async function nightsOf(url: string): Promise<SampleNights> {
  opened = await openSampleNights(url);
  return opened;
}

describe.each(serverVersions.filter(({ present }) => present))('PostgreSQL $version', ({ open }) => {
  let server: OpenServer;
  beforeAll(async () => {
    server = await open();
  });
  afterAll(() => server.stop());

  async function source(sql: string): Promise<string> {
    const url = await server.createDatabase();
    await runSql(url, sql);
    return url;
  }

  test('B59: row-level security fails each table that it would hide rows of', async () => {
    const url = await source(`
      CREATE TABLE free AS SELECT 1 AS a;
      CREATE TABLE with_policy AS SELECT 1 AS a; CREATE POLICY half ON with_policy USING (a > 1);
      CREATE TABLE without_policy AS SELECT 1 AS a; CREATE TABLE forced AS SELECT 1 AS a;
      ALTER TABLE with_policy ENABLE ROW LEVEL SECURITY; ALTER TABLE without_policy ENABLE ROW LEVEL SECURITY;
      ALTER TABLE forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE VIEW through AS SELECT a FROM with_policy`);
    const reader = await asReader(url, 'reader_rls');
    await runSql(
      url,
      `GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_rls; ALTER TABLE forced OWNER TO reader_rls;
       GRANT SELECT ON with_policy TO reader_rls; ALTER VIEW through OWNER TO reader_rls`,
    );
    const tables = ['public.*', 'public.through'];
    const nights = await nightsOf(reader);
    const hidden = await nights.freeze({ tables });
    expect(outcomes(hidden)).toEqual({
      free: 1,
      with_policy: 'source-unsuitable',
      without_policy: 'source-unsuitable',
      forced: 'source-unsuitable',
      through: 'source-unsuitable',
    });
    for (const table of hidden.tables.filter(({ kind }) => kind === 'failed')) {
      expect(table).toMatchObject({
        message: expect.stringContaining('row-level security hides rows'),
        cure: expect.stringContaining('BYPASSRLS'),
      });
    }
    await runSql(url, 'ALTER ROLE reader_rls BYPASSRLS');
    try {
      const whole = await nights.freeze({ tables, night: '2026-03-28' });
      expect(outcomes(whole)).toEqual({ free: 1, with_policy: 1, without_policy: 1, forced: 1, through: 1 });
    } finally {
      await runSql(url, 'ALTER ROLE reader_rls NOBYPASSRLS');
    }
  });

  test('B60: a missing grant fails the table that it is missing on, whether of schema, table or column', async () => {
    const url = await source(`
      CREATE TABLE granted AS SELECT 1 AS a; CREATE TABLE refused AS SELECT 1 AS a;
      CREATE TABLE in_part AS SELECT 1 AS a, 2 AS b; CREATE SCHEMA closed; CREATE TABLE closed.behind AS SELECT 1 AS a;
      CREATE VIEW seen AS SELECT 1 AS a; CREATE VIEW over_refused AS SELECT a FROM refused`);
    const reader = await asReader(url, 'reader_grants');
    await runSql(
      url,
      `GRANT SELECT ON granted, closed.behind, over_refused TO reader_grants; GRANT SELECT (a) ON in_part TO reader_grants`,
    );
    const nights = await nightsOf(reader);
    const result = await nights.freeze({ tables: ['*.*', 'public.seen', 'public.over_refused'] });
    expect(outcomes(result)).toEqual({
      granted: 1,
      over_refused: 1,
      refused: 'source-unsuitable',
      in_part: 'source-unsuitable',
      behind: 'source-unsuitable',
      seen: 'source-unsuitable',
    });
    for (const table of result.tables.filter(({ kind }) => kind === 'failed')) {
      expect(table).toMatchObject({
        message: expect.stringMatching(new RegExp(`${table.schema}.${table.name}: the user may not read it`)),
        cure: expect.stringContaining('grant USAGE on the schema and SELECT on the table'),
      });
    }
  });

  test('B62: a view that stands where a table was planned is refused, and what it calls is not run', async () => {
    const url = await source(`CREATE TABLE kept AS SELECT 1 AS a; CREATE TABLE swapped AS SELECT 1 AS a;
      CREATE FUNCTION evil() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'ran'; END $$`);
    const nights = await nightsOf(url);
    const result = await nights.freeze({
      afterPlan: () => runSql(url, 'DROP TABLE swapped; CREATE VIEW swapped AS SELECT evil() AS a'),
    });
    expect(outcomes(result)).toEqual({ kept: 1, swapped: 'table-changed' });
  });

  test('B63: a corrupt page or a lost TOAST chunk fails its table, tells no data, and the others go on', async () => {
    const url = await source(`
      CREATE TABLE sound AS SELECT i AS a FROM generate_series(1, 10) i;
      CREATE TABLE corrupt AS SELECT '${canary}' || repeat('x', 500) AS a FROM generate_series(1, 100);
      CREATE TABLE chunkless (a text); ALTER TABLE chunkless ALTER a SET STORAGE EXTERNAL;
      INSERT INTO chunkless SELECT '${canary}' || repeat(i::text, 20000) FROM generate_series(1, 9) i`);
    await damage(url, 'corrupt', 'oid', (file) => file.fill(0xff, 8192, 8192 + 200));
    await damage(url, 'chunkless', 'reltoastrelid', (file) => file.fill(0, 0, 8192));
    const nights = await nightsOf(url);
    const result = await nights.freeze({});
    expect(outcomes(result)).toEqual({
      sound: 10,
      corrupt: 'source-unsuitable',
      chunkless: 'source-unsuitable',
    });
    for (const table of result.tables.filter(({ kind }) => kind === 'failed')) {
      expect(table).toMatchObject({ message: expect.stringMatching(/data is damaged.*XX001/) });
    }
    expect(JSON.stringify(result)).not.toContain(canary);
  });

  test('B63: a server that is told to pass over damaged pages is refused', async () => {
    const url = await source('CREATE TABLE t AS SELECT 1 AS a');
    const reader = await asReader(url, 'reader_damage');
    const database = new URL(url).pathname.slice(1);
    await runSql(url, `ALTER ROLE reader_damage IN DATABASE ${database} SET zero_damaged_pages = on`);
    const nights = await nightsOf(reader);
    expect((await nights.freeze({})).failure).toMatchObject({
      code: 'source-unsuitable',
      message: expect.stringContaining('zero_damaged_pages is on'),
    });
  });

  test('B64: rows that an index does not know of, or that break a constraint, are kept', async () => {
    // The index covers the table and is far smaller, so the server would rather read it alone.
    const url = await source(`
      CREATE TABLE bloated (a int) WITH (fillfactor = 10); CREATE INDEX covering ON bloated (a);
      INSERT INTO bloated SELECT generate_series(1, 5000);
      UPDATE pg_index SET indisready = false, indisvalid = false WHERE indexrelid = 'covering'::regclass;`);
    await runSql(url, 'INSERT INTO bloated SELECT generate_series(5001, 5010)');
    await runSql(
      url,
      "UPDATE pg_index SET indisready = true, indisvalid = true WHERE indexrelid = 'covering'::regclass",
    );
    await runSql(url, 'VACUUM (FREEZE, ANALYZE, INDEX_CLEANUP OFF) bloated');
    await runSql(
      url,
      `CREATE TABLE breaking AS SELECT -1 AS a; ALTER TABLE breaking ADD CHECK (a > 0) NOT VALID`,
    );
    const [damaged] = await runSql(url, 'SELECT count(a)::int AS rows FROM bloated');
    expect(damaged?.rows).toBe(5000);
    const nights = await nightsOf(url);
    expect(outcomes(await nights.freeze({}))).toEqual({ bloated: 5010, breaking: 1 });
  });

  test('B65: rows with the same primary key, and NULL in a NOT NULL column, are kept, and a warning says so', async () => {
    const url = await source(`
      CREATE TABLE twice (id int, a text NOT NULL); ALTER TABLE twice ADD CONSTRAINT twice_pkey PRIMARY KEY (id);
      INSERT INTO twice VALUES (1, 'first');
      UPDATE pg_index SET indisready = false WHERE indexrelid = 'twice_pkey'::regclass;
      UPDATE pg_attribute SET attnotnull = false WHERE attrelid = 'twice'::regclass AND attname = 'a'`);
    await runSql(url, 'INSERT INTO twice VALUES (1, NULL)');
    await runSql(
      url,
      `UPDATE pg_index SET indisready = true WHERE indexrelid = 'twice_pkey'::regclass;
       UPDATE pg_attribute SET attnotnull = true WHERE attrelid = 'twice'::regclass AND attname = 'a'`,
    );
    const nights = await nightsOf(url);
    const { tables } = await nights.freeze({});
    expect(tables).toMatchObject([
      { warnings: ['column a is declared NOT NULL, yet 1 row holds NULL in it'] },
    ]);
    expect(await nights.rows('twice')).toEqual([
      { id: '1', a: 'first' },
      { id: '1', a: null },
    ]);
  });

  test('B67: large objects, and columns that number them, are named as left out', async () => {
    const url = await source('CREATE TABLE plain AS SELECT 1 AS a');
    const nights = await nightsOf(url);
    expect((await nights.freeze({})).excluded).toEqual([]);
    await runSql(url, 'SELECT lo_create(0), lo_create(0)');
    expect((await nights.freeze({ night: '2026-03-28' })).excluded).toEqual([
      {
        schema: 'pg_catalog',
        name: 'pg_largeobject',
        rule: 'large objects (2) are in no table: their bytes are not archived, only the numbers that stand in columns of the type oid',
      },
    ]);
    await runSql(
      url,
      `CREATE EXTENSION lo; CREATE TABLE docs (id int, photo lo, "größe" oid);
       CREATE TRIGGER t BEFORE UPDATE OR DELETE ON docs FOR EACH ROW EXECUTE FUNCTION lo_manage("größe")`,
    );
    const result = await nights.freeze({ night: '2026-03-29' });
    expect(result.excluded[0]?.rule).toMatch(/only the numbers .* public\.docs\.größe, public\.docs\.photo$/);
    expect(outcomes(result)).toEqual({ plain: 1, docs: 0 });
  });
});

test('B66: what a prepared transaction did is archived once it is committed, and what it locks says so', async () => {
  const server = await startTestPostgres({ max_prepared_transactions: '5' });
  try {
    await runSql(server.url, 'CREATE TABLE orders AS SELECT 1 AS a; CREATE TABLE altered AS SELECT 1 AS a');
    await runSql(server.url, "BEGIN; INSERT INTO orders VALUES (2); PREPARE TRANSACTION 'rows'");
    await runSql(server.url, "BEGIN; ALTER TABLE altered ADD b int; PREPARE TRANSACTION 'ddl'");
    const nights = await nightsOf(server.url);
    const before = await nights.freeze({});
    expect(outcomes(before)).toEqual({ orders: 1, altered: 'source-unreachable' });
    expect(before.warnings).toEqual([
      expect.stringMatching(/^In the source 2 prepared transactions are open since 20[\d-]+ [\d:]+ UTC: /),
    ]);
    expect(before.tables.find(({ name }) => name === 'altered')).toMatchObject({
      cure: expect.stringContaining('pg_prepared_xacts'),
    });
    await runSql(server.url, "COMMIT PREPARED 'rows'");
    await runSql(server.url, "ROLLBACK PREPARED 'ddl'");
    const after = await nights.freeze({ night: '2026-03-28' });
    expect(outcomes(after)).toEqual({ orders: 2, altered: 1 });
    expect(after.warnings).toBeUndefined();
    await nights.close();
    opened = undefined;
  } finally {
    await server.stop();
  }
});

/** Changes the file of a relation behind the server's back: in another tablespace none of its pages is in memory. */
async function damage(
  url: string,
  table: string,
  relation: 'oid' | 'reltoastrelid',
  change: (file: Buffer) => void,
): Promise<void> {
  const space = `space_of_${table}_${new URL(url).pathname.slice(1)}`;
  await withClient(url, async (client) => {
    await client.query('SET allow_in_place_tablespaces = on');
    await client.query(`CREATE TABLESPACE ${space} LOCATION ''`);
    await client.query(`ALTER TABLE ${table} SET TABLESPACE ${space}`);
    await client.query('CHECKPOINT');
    const { rows } = await client.query<{ path: string }>(
      `SELECT current_setting('data_directory') || '/' || pg_relation_filepath(${relation}) AS path
       FROM pg_class WHERE oid = '${table}'::regclass`,
    );
    const path = rows[0]?.path ?? '';
    const file = await readFile(path);
    change(file);
    await writeFile(path, file);
  });
}

function outcomes({ tables, failure }: NightResult): Readonly<Record<string, number | string>> {
  expect(failure).toBeUndefined();
  return Object.fromEntries(
    tables.map((table) => [table.name, table.kind === 'archived' ? table.rows : table.code]),
  );
}
