import { randomBytes } from 'node:crypto';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { runSql, withClient } from '../postgres/test-server.ts';
import { readDatabase } from './database-content.ts';
import { createDatabase, expectWhole, openTestLake, silent, type TestLake } from './restored-lake.ts';

const server = inject('postgresUrl');
let lake: TestLake;

beforeEach(async () => {
  lake = await openTestLake();
});
afterEach(() => lake.remove());

/** A database with these statements, archived whole as one night. */
async function archived(sql: string, night = '2026-11-20'): Promise<string> {
  const source = await createDatabase(server, sql);
  expectWhole(await lake.archive(source, night));
  return source;
}

const ORDERS = `
  CREATE TABLE customers (id serial PRIMARY KEY, name text);
  CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, at timestamptz);
  INSERT INTO customers (name) VALUES ('a'), ('b');
  INSERT INTO orders VALUES (1, 1, 'infinity'), (2, 2, now())`;

describe('which night', () => {
  test('any night comes back as it was, under the names and types of that night (B48–B50)', async () => {
    const source = await archived(
      'CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, $$one$$)',
      '2026-11-18',
    );
    const first = await readDatabase(source);
    await runSql(
      source,
      `ALTER TABLE t RENAME a TO c; ALTER TABLE t ADD a text; ALTER TABLE t DROP b; INSERT INTO t VALUES (2, 'x')`,
    );
    expectWhole(await lake.archive(source, '2026-11-19'));
    const second = await readDatabase(source);
    await runSql(source, 'ALTER TABLE t ALTER c TYPE bigint; UPDATE t SET c = c + 5000000000');
    expectWhole(await lake.archive(source, '2026-11-20'));
    const third = await readDatabase(source);
    for (const [night, content] of [
      ['2026-11-18', first],
      ['2026-11-19', second],
      [undefined, third],
    ] as const) {
      const target = await createDatabase(server);
      await lake.restore(target, night === undefined ? {} : { night });
      expect(await readDatabase(target)).toEqual(content);
    }
  });

  test('a night that was archived again comes back as it was archived last', async () => {
    const source = await archived('CREATE TABLE t (a int); INSERT INTO t VALUES (1)');
    await runSql(source, 'UPDATE t SET a = 2');
    expectWhole(await lake.archive(source, '2026-11-20'));
    const target = await createDatabase(server);
    await lake.restore(target);
    expect(await runSql(target, 'SELECT a FROM t')).toEqual([{ a: 2 }]);
  });

  test('a night, or a table, that is not there is an error that names what is', async () => {
    await archived('CREATE TABLE t (a int)');
    const target = await createDatabase(server);
    await expect(lake.restore(target, { night: '2020-01-01' })).rejects.toMatchObject({
      code: 'lake-not-found',
      message: 'the lake does not hold the night 2020-01-01',
      cure: 'its nights go from 2026-11-20 to 2026-11-20; try 2026-11-20',
    });
    await expect(lake.restore(target, { tables: ['public.t', 'public.gone'] })).rejects.toMatchObject({
      code: 'lake-not-found',
      message: 'the night 2026-11-20 holds no table public.gone',
    });
  });
});

describe('the database to restore into', () => {
  test('must be empty: what is there is named and stays', async () => {
    await archived(ORDERS);
    const target = await createDatabase(
      server,
      'CREATE TABLE orders (mine int); CREATE VIEW v AS SELECT 1 AS a',
    );
    await expect(lake.restore(target)).rejects.toMatchObject({
      code: 'target-unsuitable',
      message: expect.stringMatching(/ is not empty: it has public\.orders, public\.v$/),
    });
    expect(await runSql(target, 'SELECT mine FROM orders')).toEqual([]);
    expect(await runSql(target, "SELECT to_regclass('customers') AS there")).toEqual([{ there: null }]);
  });

  test('may hold other things when told, and empty tables, which are filled as they are', async () => {
    await archived(ORDERS);
    const target = await createDatabase(
      server,
      `CREATE TABLE other (a int); CREATE TABLE customers (id serial PRIMARY KEY, name text, more int DEFAULT 7)`,
    );
    await lake.restore(target, { besideOthers: true });
    expect(await runSql(target, 'SELECT id, name, more FROM customers ORDER BY id')).toEqual([
      { id: 1, name: 'a', more: 7 },
      { id: 2, name: 'b', more: 7 },
    ]);
    expect(await runSql(target, 'SELECT count(*)::int AS orders FROM orders')).toEqual([{ orders: 2 }]);
  });

  test('keeps its functions, types and sequences, newer ones also, and that is told', async () => {
    const source = await archived(`
      CREATE TYPE mood AS ENUM ('well', 'ill');
      CREATE FUNCTION fee(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
      CREATE TABLE r (k int) PARTITION BY LIST (k);
      CREATE TABLE r1 PARTITION OF r FOR VALUES IN (1);
      CREATE TABLE t (id serial, f int DEFAULT fee(1), m mood);
      INSERT INTO t (m) VALUES ('ill')`);
    await runSql(
      source,
      `DROP TABLE t, r; CREATE SEQUENCE t_id_seq START 100; CREATE TABLE r1 (k int);
       CREATE OR REPLACE FUNCTION fee(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 2'`,
    );
    const { leftOut } = await lake.restore(source, { besideOthers: true });
    expect(await runSql(source, "SELECT fee(1), nextval('t_id_seq')")).toEqual([{ fee: 2, nextval: '100' }]);
    const why = 'it is there already, and stays as it is';
    expect(leftOut).toEqual([
      { kind: 'kept', what: 'definition of the type public.mood', why },
      { kind: 'kept', what: 'definition of the function public.fee(integer)', why },
      { kind: 'kept', what: 'definition and value of the sequence public.t_id_seq', why },
      { kind: 'kept', what: 'definition of the table public.r1', why },
    ]);
  });

  test('refuses rows that would set off a trigger of a table that is there', async () => {
    await archived(ORDERS);
    const target = await createDatabase(
      server,
      `CREATE TABLE log (a text); CREATE TABLE customers (id int PRIMARY KEY, name text);
       CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log VALUES (NEW.name); RETURN NEW; END $$;
       CREATE TRIGGER noted AFTER INSERT ON customers FOR EACH ROW EXECUTE FUNCTION note()`,
    );
    const restore = () => lake.restore(target, { besideOthers: true });
    await expect(restore()).rejects.toMatchObject({
      code: 'target-unsuitable',
      message: 'restoring public.customers: the rows would set off noted',
    });
    expect(await runSql(target, 'SELECT a FROM log')).toEqual([]);
    await runSql(target, 'ALTER TABLE customers DISABLE TRIGGER USER');
    await restore();
    expect(await runSql(target, 'SELECT a FROM log')).toEqual([]);
  });

  test('may have a planner that reads back with several workers, in any order', async () => {
    await archived(
      'CREATE TABLE t (a int, b text); INSERT INTO t SELECT i, repeat(md5(i::text), 10) FROM generate_series(1, 20000) i',
    );
    const target = await createDatabase(server);
    const name = new URL(target).pathname.slice(1);
    for (const setting of ['parallel_tuple_cost', 'parallel_setup_cost', 'min_parallel_table_scan_size'])
      await runSql(server, `ALTER DATABASE ${name} SET ${setting} = 0`);
    const { tables } = await lake.restore(target);
    expect(tables).toMatchObject([{ rows: 20000 }]);
  });

  test('is left as it was when one of the tables holds rows', async () => {
    await archived(ORDERS);
    const target = await createDatabase(
      server,
      'CREATE TABLE orders (id int, customer int, at timestamptz); INSERT INTO orders VALUES (9)',
    );
    await expect(lake.restore(target, { besideOthers: true })).rejects.toMatchObject({
      code: 'target-unsuitable',
      message: 'restoring public.orders: the table is there and holds rows',
    });
    expect(await runSql(target, 'SELECT id FROM orders')).toEqual([{ id: 9 }]);
    expect(await runSql(target, "SELECT to_regclass('customers') AS there")).toEqual([{ there: null }]);
  });

  test('must have the right encoding', async () => {
    await archived(ORDERS);
    const target = new URL(server);
    const name = `t_${randomBytes(6).toString('hex')}`;
    await runSql(server, `CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    target.pathname = `/${name}`;
    await expect(lake.restore(target.href)).rejects.toMatchObject({
      code: 'target-unsuitable',
      message: expect.stringContaining('has the encoding LATIN1'),
    });
  });

  test('must let the user make tables', async () => {
    await archived(ORDERS);
    const target = new URL(await createDatabase(server));
    const role = `r_${randomBytes(6).toString('hex')}`;
    await runSql(target.href, `CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    target.username = role;
    target.password = 'secret';
    await expect(lake.restore(target.href)).rejects.toMatchObject({
      code: 'target-unsuitable',
      message: 'the server does not make the sequence public.customers_id_seq (SQLSTATE 42501)',
      cure: 'restore as a user who may create objects in this database, best its owner',
    });
  });
});

test('some of the tables come without the foreign keys to the others, which are named', async () => {
  await archived(ORDERS);
  const target = await createDatabase(server);
  const { tables, leftOut } = await lake.restore(target, { tables: ['public.orders'] });
  expect(tables.map(({ name }) => name)).toEqual(['orders']);
  expect(leftOut).toEqual([
    {
      kind: 'not-asked-for',
      what: 'foreign key public.orders_customer_fkey of public.orders',
      why: 'it needs table public.customers, which is not restored',
    },
  ]);
});

test('rows that break a constraint of their own come back, and the constraint is named (B64, B65)', async () => {
  const source = await createDatabase(
    server,
    'CREATE TABLE t (a int NOT NULL, CONSTRAINT t_key PRIMARY KEY (a))',
  );
  await withClient(source, async (client) => {
    // As a damaged index lets it happen.
    await client.query(
      "UPDATE pg_index SET indisready = false, indislive = false WHERE indexrelid = 't_key'::regclass",
    );
    await client.query('INSERT INTO t VALUES (1), (1)');
    await client.query(
      "UPDATE pg_index SET indisready = true, indislive = true WHERE indexrelid = 't_key'::regclass",
    );
  });
  expectWhole(await lake.archive(source, '2026-11-20'));
  const target = await createDatabase(server);
  const { leftOut } = await lake.restore(target);
  expect(leftOut).toEqual([
    {
      kind: 'refused',
      what: 'constraint public.t_key of public.t',
      why: 'the server refuses it (SQLSTATE 23505)',
    },
  ]);
  expect(await runSql(target, 'SELECT a FROM t')).toEqual([{ a: 1 }, { a: 1 }]);
});

test('rows come back though an enum decides on their partition, and the partition is named', async () => {
  const moods = Array.from({ length: 20 }, (_, index) => `'m${index}'`).join(', ');
  await archived(
    `CREATE TYPE mood AS ENUM (${moods}); CREATE TABLE t (m mood) PARTITION BY HASH (m); CREATE TABLE u (a int); INSERT INTO u VALUES (1);
     CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
     CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1);
     INSERT INTO t SELECT unnest(enum_range(NULL::mood))`,
  );
  const target = await createDatabase(server);
  const { leftOut } = await lake.restore(target);
  expect(leftOut).toEqual(
    ['t0', 't1'].map((name) => ({
      kind: 'refused',
      what: `attach hashed public.${name}`,
      why: 'the server refuses it (SQLSTATE 23514)',
    })),
  );
  expect(
    await runSql(target, 'SELECT (SELECT count(*) FROM t0) + (SELECT count(*) FROM t1) AS rows, a FROM u'),
  ).toEqual([{ rows: '20', a: 1 }]);
});

test('sequences that the archiver may not read are named, and set by the rows', async () => {
  const source = await createDatabase(
    server,
    `CREATE TABLE t (id serial, down int GENERATED ALWAYS AS IDENTITY (INCREMENT -1)); INSERT INTO t DEFAULT VALUES; INSERT INTO t DEFAULT VALUES`,
  );
  const reader = new URL(source);
  reader.username = `r_${randomBytes(6).toString('hex')}`;
  reader.password = 'secret';
  await runSql(
    source,
    `CREATE ROLE ${reader.username} LOGIN PASSWORD 'secret'; GRANT SELECT ON t TO ${reader.username}`,
  );
  const result = await lake.archive(reader.href, '2026-11-20');
  expect(result.tables).toMatchObject([{ unreadSequences: ['public.t_down_seq', 'public.t_id_seq'] }]);
  const target = await createDatabase(server);
  await lake.restore(target);
  await runSql(target, 'INSERT INTO t DEFAULT VALUES');
  expect(await runSql(target, 'SELECT id, down FROM t ORDER BY id')).toEqual([
    { id: 1, down: -1 },
    { id: 2, down: -2 },
    { id: 3, down: -3 },
  ]);
});

test('sequences that their rows do not tell of are named, and keep nothing else from coming back', async () => {
  const source = await createDatabase(
    server,
    `CREATE TABLE zero (id serial); INSERT INTO zero VALUES (0);
     CREATE SEQUENCE codes; CREATE TABLE coded (id text DEFAULT 'A' || nextval('codes')); ALTER SEQUENCE codes OWNED BY coded.id;
     CREATE SEQUENCE numbers; CREATE TABLE numbered (id numeric DEFAULT nextval('numbers')); ALTER SEQUENCE numbers OWNED BY numbered.id;
     INSERT INTO coded DEFAULT VALUES; INSERT INTO numbered VALUES (41)`,
  );
  const reader = new URL(source);
  reader.username = `r_${randomBytes(6).toString('hex')}`;
  reader.password = 'secret';
  await runSql(
    source,
    `CREATE ROLE ${reader.username} LOGIN PASSWORD 'secret'; GRANT SELECT ON zero, coded, numbered TO ${reader.username}`,
  );
  expectWhole(await lake.archive(reader.href, '2026-11-20'));
  const target = await createDatabase(server);
  const { leftOut } = await lake.restore(target);
  expect(leftOut.map(({ what }) => what)).toEqual([
    'value of the sequence public.codes',
    'value of the sequence public.zero_id_seq',
  ]);
  expect(await runSql(target, "SELECT nextval('numbers')")).toEqual([{ nextval: '42' }]);
});

test('a table that the lake holds in two folders comes back once, as it was archived last', async () => {
  const source = await archived('CREATE TABLE t (a int); INSERT INTO t VALUES (1)');
  await cp(join(lake.folder, 'lake/iceberg/t'), join(lake.folder, 'lake/iceberg/older'), { recursive: true });
  await runSql(source, 'UPDATE t SET a = 2');
  expectWhole(await lake.archive(source, '2026-11-20'));
  const target = await createDatabase(server);
  const { tables } = await lake.restore(target);
  expect(tables.map(({ name }) => name)).toEqual(['t']);
  expect(await runSql(target, 'SELECT a FROM t')).toEqual([{ a: 2 }]);
});

test('a table whose DDL is lost keeps no other from coming back by name', async () => {
  await archived('CREATE TABLE a (x int); CREATE TABLE b (x int, y int)');
  await rm(join(lake.folder, 'lake/iceberg/b/ddl'), { recursive: true });
  const target = await createDatabase(server);
  for (const tables of [[], ['public.*'], ['public.b']]) {
    await expect(lake.restore(target, { tables })).rejects.toMatchObject({ code: 'lake-not-found' });
  }
  const { tables } = await lake.restore(target, { tables: ['public.a'] });
  expect(tables.map(({ name }) => name)).toEqual(['a']);
});

test('a lake whose rows were changed restores nothing', async () => {
  await archived(
    'CREATE TABLE a (x int); CREATE TABLE b (x text); INSERT INTO b SELECT md5(i::text) FROM generate_series(1, 1000) i',
  );
  const folder = join(lake.folder, 'lake/iceberg/b/data/dt=2026-11-20');
  const [file = ''] = await readdir(folder);
  const bytes = await readFile(join(folder, file));
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(join(folder, file), bytes);
  const target = await createDatabase(server);
  await expect(lake.restore(target)).rejects.toMatchObject({ code: 'integrity' });
  expect(await readDatabase(target)).toEqual({ tables: {}, sequences: {} });
});

test('an interrupt ends it, and leaves nothing', async () => {
  await archived('CREATE TABLE a (x int); INSERT INTO a SELECT generate_series(1, 200000)');
  const target = await createDatabase(server);
  const stop = new AbortController();
  const watch = { ...silent, progressed: () => stop.abort() };
  await expect(lake.restore(target, { signal: stop.signal, watch })).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(await readDatabase(target)).toEqual({ tables: {}, sequences: {} });
});
