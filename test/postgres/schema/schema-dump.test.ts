import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { escapeIdentifier } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseSourceUrl } from '../../../src/postgres/connection-settings.ts';
import { listTables } from '../../../src/postgres/list-tables.ts';
import {
  dumpSchema,
  REPLAY_SETTINGS,
  type SchemaDump,
  type TableDdl,
} from '../../../src/postgres/schema/schema-dump.ts';
import { setSequences } from '../../../src/postgres/schema/sequences.ts';
import { planReplay, type SchemaStatement } from '../../../src/postgres/schema/statement.ts';
import { openSession, type Session } from '../../../src/postgres/session.ts';
import { exportSnapshot } from '../../../src/postgres/snapshot-transaction.ts';
import { hasDebianPostgres, pgDump, startDebianPostgres } from '../debian-postgres.ts';
import { runSql, type TestPostgres, withClient } from '../test-server.ts';

const open: Session[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((session) => session.close()));
});

async function openSnapshot(url: string): Promise<Session> {
  const session = await openSession(parseSourceUrl(url), { applicationName: 'permafrost test' });
  open.push(session);
  await exportSnapshot(session);
  return session;
}

/** The schema of all tables of a database. */
async function dumpAll(url: string): Promise<SchemaDump> {
  const session = await openSnapshot(url);
  const { tables } = await listTables(session);
  const dump = await dumpSchema(
    session,
    tables.map(({ oid }) => oid),
  );
  await session.close();
  return dump;
}

async function createDatabase(server: string): Promise<string> {
  const url = new URL(server);
  const name = `t_${randomBytes(6).toString('hex')}`;
  await runSql(server, `CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE template0`);
  url.pathname = `/${name}`;
  return url.href;
}

async function databaseWith(server: string, sql: string): Promise<string> {
  const url = await createDatabase(server);
  await runSql(url, sql);
  return url;
}

const statementsOf = (dump: SchemaDump) => {
  const statements = dump.tables.flatMap((table) => table.statements);
  return [...statements, ...setSequences(dump.sequenceValues, statements)];
};

/** Runs the statements as a restore would, and says which of them could not run. */
async function replay(
  url: string,
  statements: readonly SchemaStatement[],
): Promise<readonly SchemaStatement[]> {
  const { preData, postData, leftOut } = planReplay(statements);
  await withClient(url, async (client) => {
    for (const [name, value] of Object.entries(REPLAY_SETTINGS)) {
      await client.query('SELECT pg_catalog.set_config($1, $2, false)', [name, value]);
    }
    for (const { sql } of [...preData, ...postData]) {
      await client.query(sql).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${sql}`);
      });
    }
  });
  return leftOut.map(({ statement }) => statement);
}

const folder = join(import.meta.dirname, '../../../src/demo');
const navigator = async () =>
  (
    await Promise.all(
      ['navigator-schema.sql', 'navigator-keys.sql'].map((name) => readFile(join(folder, name), 'utf8')),
    )
  ).join('\n');
const torture = () => readFile(join(import.meta.dirname, 'torture-schema.sql'), 'utf8');

/** What only PostgreSQL 18 has. */
const TORTURE_18 = `
CREATE TABLE public.eighteen (
  id integer CONSTRAINT "named.not null" NOT NULL,
  plain integer NOT NULL NO INHERIT,
  virtual_one integer GENERATED ALWAYS AS (id + 1) VIRTUAL,
  during daterange,
  CONSTRAINT temporal PRIMARY KEY (id, during WITHOUT OVERLAPS)
);
ALTER TABLE public.eighteen ADD CONSTRAINT later CHECK (id > 0) NOT ENFORCED;
CREATE TABLE public.eighteen_child (own integer, CONSTRAINT own_name NOT NULL id) INHERITS (public.eighteen);
CREATE TABLE public.not_yet (a integer);
ALTER TABLE public.not_yet ADD CONSTRAINT "a.later" NOT NULL a NOT VALID;
COMMENT ON CONSTRAINT "named.not null" ON public.eighteen IS 'of a column';
CREATE TABLE public.numbered (id bigint GENERATED ALWAYS AS IDENTITY, n integer) PARTITION BY RANGE (n);
CREATE TABLE public.numbered_1 PARTITION OF public.numbered FOR VALUES FROM (1) TO (2);
CREATE DOMAIN public.named_domain AS text CONSTRAINT "domain nn" NOT NULL;
CREATE TABLE public.uses_named (a public.named_domain);
`;

const servers = [
  { label: 'the embedded server', skip: false, start: undefined },
  {
    label: "Debian's PostgreSQL 15 (where it is installed)",
    skip: !hasDebianPostgres,
    start: startDebianPostgres,
  },
];

describe.each(servers)('$label', ({ skip, start }) => {
  let own: TestPostgres | undefined;
  let server = '';
  let version = 0;

  beforeAll(async () => {
    if (skip) return;
    own = await start?.();
    server = own?.url ?? inject('postgresUrl');
    const [row] = await runSql(server, "SELECT current_setting('server_version_num')::int / 10000 AS major");
    version = Number(row?.major);
    const roles = await runSql(server, `SELECT FROM pg_roles WHERE rolname = 'torture.reader'`);
    if (roles.length === 0) await runSql(server, 'CREATE ROLE "torture.reader"');
  });
  afterAll(async () => own?.stop());

  const sources = [
    ['the navigator schema', navigator],
    [
      'a schema with all features and odd names (B30–B33, B48, B51–B58, B61)',
      async () => `${await torture()}${version >= 18 ? TORTURE_18 : ''}`,
    ],
  ] as const;

  describe.each(sources)('%s', (_, sql) => {
    test.skipIf(skip)('comes back the same when everything is replayed', async () => {
      const source = await databaseWith(server, await sql());
      const dump = await dumpAll(source);
      const target = await createDatabase(server);
      expect(await replay(target, statementsOf(dump))).toEqual([]);
      const again = await dumpAll(target);
      expect({ ...again, database: dump.database }).toEqual(dump);
      expect(again.database).toEqual({ ...dump.database, name: again.database.name });
      expect(dump.unreadSequences).toEqual([]);
    });

    test.skipIf(skip)('pg_dump sees no difference', async ({ skip: skipTest }) => {
      if (version !== 15) skipTest("Debian's pg_dump 15 refuses a newer server");
      const source = await databaseWith(server, await sql());
      const target = await createDatabase(server);
      await replay(target, statementsOf(await dumpAll(source)));
      const expected = await pgDump(source);
      expect(expected.length).toBeGreaterThan(100);
      expect(await pgDump(target)).toEqual(expected);
    });
  });

  test.skipIf(skip)(
    'triggers, rules, roles and what only they use are recorded; the rest is restored',
    async () => {
      const dump = await dumpAll(await databaseWith(server, await torture()));
      const target = await createDatabase(server);
      const restored = statementsOf(dump).filter(({ restoredByDefault }) => restoredByDefault);
      expect(await replay(target, restored)).toEqual([]);
      const recorded = statementsOf(dump).filter(({ restoredByDefault }) => !restoredByDefault);
      expect(new Set(recorded.map(({ kind }) => kind))).toEqual(
        new Set(['trigger', 'rule', 'owner', 'grant', 'policy', 'comment', 'function']),
      );
      expect(recorded.filter(({ kind }) => kind === 'function').map(({ object }) => object.name)).toContain(
        'on_change()',
      );
      expect(restored.filter(({ kind }) => kind === 'policy').map(({ object }) => object.name)).toContain(
        'for.all',
      );
      expect(recorded.filter(({ kind }) => kind === 'policy').map(({ object }) => object.name)).toEqual([
        'strict',
      ]);
    },
  );

  test.skipIf(skip)('each table by itself needs nothing of the others but for its foreign keys', async () => {
    const dump = await dumpAll(await databaseWith(server, await torture()));
    const target = await createDatabase(server);
    for (const table of dump.tables) {
      const restored = table.statements.filter(({ restoredByDefault }) => restoredByDefault);
      const leftOut = new Set((await replay(target, restored)).map(({ kind }) => kind));
      leftOut.delete('comment');
      leftOut.delete('foreign-key');
      expect(leftOut).toEqual(new Set());
      const schemas = new Set(
        restored.filter(({ kind }) => kind === 'schema').map(({ object }) => object.name),
      );
      await runSql(
        target,
        [
          'DROP EXTENSION IF EXISTS citext, btree_gist CASCADE',
          ...[...schemas].map((name) => `DROP SCHEMA ${escapeIdentifier(name)} CASCADE`),
        ].join(';'),
      );
    }
  });
});

const create = (sql: string) => databaseWith(inject('postgresUrl'), sql);
const only = (dump: SchemaDump, name: string): TableDdl => {
  const found = dump.tables.find((table) => table.name === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found;
};
const namesOf = (statements: readonly SchemaStatement[], kind: SchemaStatement['kind']) =>
  statements.filter((statement) => statement.kind === kind).map(({ object }) => object.name);

test('rows and the values of sequences leave the DDL as it was; any change of the table alters it', async () => {
  const url = await create(
    `CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (id serial, m mood); CREATE TABLE other (a int)`,
  );
  const first = await dumpAll(url);
  await runSql(url, `INSERT INTO t (m) SELECT 'a' FROM generate_series(1, 10)`);
  const second = await dumpAll(url);
  expect(JSON.stringify(second.tables)).toBe(JSON.stringify(first.tables));
  const sequence = { schema: 'public', name: 't_id_seq' };
  expect(first.sequenceValues).toEqual([{ ...sequence, lastValue: '1', isCalled: false }]);
  expect(second.sequenceValues).toEqual([{ ...sequence, lastValue: '10', isCalled: true }]);
  const [set] = setSequences(
    second.sequenceValues,
    second.tables.flatMap(({ statements }) => statements),
  );
  expect(set?.sql).toBe(`SELECT pg_catalog.setval('"public"."t_id_seq"'::pg_catalog.regclass, 10, true)`);
  await runSql(url, `ALTER TYPE mood ADD VALUE 'b'; CREATE TABLE third (a int)`);
  const third = await dumpAll(url);
  expect(only(third, 't')).not.toEqual(only(first, 't'));
  expect(JSON.stringify(only(third, 'other'))).toBe(JSON.stringify(only(first, 'other')));
});

test('sequences are set after the rows, at a value that no row of the snapshot has outrun', async () => {
  const url = await create('CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, a int)');
  const session = await openSnapshot(url);
  await runSql(url, 'INSERT INTO t (a) VALUES (1), (2)');
  const [{ oid } = { oid: 0 }] = (await listTables(session)).tables;
  const { sequenceValues } = await dumpSchema(session, [oid]);
  expect(sequenceValues).toMatchObject([{ lastValue: '2', isCalled: true }]);
});

test.each([
  ['renamed a column', 'ALTER TABLE t RENAME b TO c'],
  ['renamed the table', 'ALTER TABLE t RENAME TO u'],
  ['moved the table to another schema', 'CREATE SCHEMA s; ALTER TABLE t SET SCHEMA s'],
  ['renamed a type', 'ALTER TYPE mood RENAME TO humour'],
  ['dropped an index', 'DROP INDEX i'],
  ['dropped the table', 'DROP TABLE t'],
])(
  'a schema is refused when someone %s after the snapshot, and the transaction goes on',
  async (_, change) => {
    const url = await create(
      `CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (a serial, b int, m mood); CREATE INDEX i ON t (b)`,
    );
    const session = await openSnapshot(url);
    const { tables } = await listTables(session);
    await runSql(url, change);
    const dumping = dumpSchema(
      session,
      tables.map(({ oid }) => oid),
    );
    await expect(dumping).rejects.toMatchObject({
      code: 'table-changed',
    });
    expect(await session.query('SHOW quote_all_identifiers')).toEqual([{ quote_all_identifiers: 'off' }]);
  },
);

test('no lock outlives the dump', async () => {
  const url = await create('CREATE TABLE t (a serial PRIMARY KEY, b int DEFAULT 1)');
  const session = await openSnapshot(url);
  const { tables } = await listTables(session);
  await dumpSchema(
    session,
    tables.map(({ oid }) => oid),
  );
  const dropping = runSql(url, `SET lock_timeout = '1s'; DROP TABLE t`);
  await expect(dropping).resolves.toEqual([]);
});

test('an oid that is no table of the snapshot is refused', async () => {
  const session = await openSnapshot(await create('CREATE VIEW v AS SELECT 1 AS a'));
  await expect(dumpSchema(session, [1])).rejects.toMatchObject({ code: 'table-not-found' });
});

test('a user without any grant sees the schema, and the sequences it may not read are named (B60)', async () => {
  const url = await create('CREATE TABLE t (id serial PRIMARY KEY, a text CHECK (a <> $$$$))');
  const role = `reader_${randomBytes(6).toString('hex')}`;
  await runSql(url, `CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  const asReader = new URL(url);
  asReader.username = role;
  asReader.password = 'secret';
  const whole = await dumpAll(url);
  const dump = await dumpAll(asReader.href);
  expect(dump.tables).toEqual(whole.tables);
  expect(dump.sequenceValues).toEqual([]);
  expect(dump.unreadSequences).toEqual([{ schema: 'public', name: 't_id_seq' }]);
  await runSql(url, `DROP ROLE ${role}`);
});

test('a foreign key to a table that is not restored is left out by name, with its comment', async () => {
  const dump = await dumpAll(
    await create(`CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int REFERENCES a);
      COMMENT ON CONSTRAINT b_id_fkey ON b IS 'to a'`),
  );
  const { leftOut } = planReplay(only(dump, 'b').statements);
  const missing = [{ kind: 'table', schema: 'public', name: 'a' }];
  expect(leftOut).toMatchObject([
    { statement: { kind: 'foreign-key', object: { name: 'b_id_fkey' } }, missing },
    { statement: { kind: 'comment', object: { name: 'b_id_fkey' } }, missing },
  ]);
});

test('a partition brings its parents, and a foreign one beside it does no harm (B56)', async () => {
  const dump = await dumpAll(
    await create(`CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
      CREATE TABLE p (a int, b text) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1) PARTITION BY LIST (b);
      CREATE TABLE p1x PARTITION OF p1 DEFAULT; CREATE FOREIGN TABLE p2 PARTITION OF p FOR VALUES IN (2) SERVER far`),
  );
  expect(dump.tables.map(({ name }) => name)).toEqual(['p1x']);
  expect(namesOf(only(dump, 'p1x').statements, 'table').toSorted()).toEqual(['p', 'p1', 'p1x']);
  expect(namesOf(only(dump, 'p1x').statements, 'attach-partition').toSorted()).toEqual(['p1', 'p1x']);
});

test('a table that got its parent later keeps the order of its columns (B57)', async () => {
  const sql = `CREATE TABLE parent (a int); CREATE TABLE child (own int) INHERITS (parent); ALTER TABLE parent ADD later int`;
  const dump = await dumpAll(await create(sql));
  const target = await create('');
  await replay(target, statementsOf(dump));
  const columns = await runSql(
    target,
    `SELECT attname FROM pg_attribute WHERE attrelid = 'child'::regclass AND attnum > 0 ORDER BY attnum`,
  );
  expect(columns.map(({ attname }) => attname)).toEqual(['a', 'own', 'later']);
});

test('a table of an extension is made by the extension, of which the version is told', async () => {
  const dump = await dumpAll(
    await create(
      'CREATE EXTENSION hstore; CREATE TABLE mine (h hstore); ALTER EXTENSION hstore ADD TABLE mine',
    ),
  );
  expect(only(dump, 'mine').statements.map(({ kind }) => kind)).toEqual(['schema', 'extension']);
  expect(only(dump, 'mine').extensions).toEqual([{ name: 'hstore', version: expect.stringMatching(/^\d/) }]);
});

test('an index that a failed CREATE INDEX CONCURRENTLY left behind is recorded only', async () => {
  const url = await create('CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)');
  await runSql(url, 'CREATE UNIQUE INDEX CONCURRENTLY broken ON t (a)').catch(() => undefined);
  const statements = only(await dumpAll(url), 't').statements;
  expect(statements.filter(({ kind }) => kind === 'index')).toMatchObject([
    { object: { name: 'broken' }, restoredByDefault: false },
  ]);
});

test('what needs an object that cannot be archived says which, and the rest is restored without it', async () => {
  const dump = await dumpAll(
    await create(`CREATE OPERATOR CLASS odd FOR TYPE int4 USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =,
        OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int4, int4);
      CREATE TABLE t (a int); CREATE INDEX with_odd ON t (a odd); CREATE INDEX plain ON t (a)`),
  );
  const { leftOut } = planReplay(only(dump, 't').statements);
  expect(leftOut).toMatchObject([
    {
      statement: { kind: 'index', object: { name: 'with_odd' } },
      missing: [{ kind: 'unsupported', name: expect.stringMatching(/^operator class .*odd/) }],
    },
  ]);
});

test('a function that stands on tables comes after them (SQL-standard body)', async () => {
  const dump = await dumpAll(
    await create(`CREATE TABLE known (a int); CREATE FUNCTION fine(n int) RETURNS boolean LANGUAGE sql
        BEGIN ATOMIC SELECT EXISTS (SELECT FROM known WHERE known.a = n); END;
      CREATE TABLE t (a int CHECK (fine(a)))`),
  );
  const target = await create('');
  expect(await replay(target, only(dump, 't').statements)).toEqual([]);
});
