import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, inject, test } from 'vitest';
import { createDefinitionReader, type DefinitionReader } from '../../src/archive/definition-reader.ts';
import type { PlannedTable } from '../../src/archive/night.ts';
import { createSnapshotReader, type SnapshotReader } from '../../src/archive/snapshot-reader.ts';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { listTables } from '../../src/postgres/list-tables.ts';
import { openSession, type Session } from '../../src/postgres/session.ts';
import { exportSnapshot, type SnapshotInfo } from '../../src/postgres/snapshot-transaction.ts';
import { runSql } from '../postgres/test-server.ts';
import { createDatabase } from '../restore/restored-lake.ts';

const { signal } = new AbortController();
const close: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of close.splice(0).toReversed()) await end();
});

type Source = {
  readonly url: string;
  readonly snapshot: SnapshotInfo;
  readonly tables: readonly PlannedTable[];
  readonly together: DefinitionReader;
  readonly alone: DefinitionReader;
  /** How often the catalog was asked. */
  readonly reads: () => number;
};

async function openSource(sql: string): Promise<Source> {
  const url = await createDatabase(inject('postgresUrl'), sql);
  const session: Session = await openSession(parseSourceUrl(url), { applicationName: 'test' });
  const snapshot = await exportSnapshot(session);
  const tables = (await listTables(session)).tables.map((table) => ({
    ...table,
    kind: undefined,
    lakeTable: table.name,
    estimatedBytes: 0,
    specialValues: 'companion' as const,
    boundsOff: [],
  }));
  const reader = createSnapshotReader(parseSourceUrl(url));
  close.push(
    () => session.close(),
    () => reader.close(),
  );
  let reads = 0;
  const counting: SnapshotReader = {
    read: (...asked) => {
      reads += 1;
      return reader.read(...asked);
    },
    close: () => reader.close(),
  };
  const together = createDefinitionReader(counting);
  together.expect(snapshot, tables);
  return { url, snapshot, tables, together, alone: createDefinitionReader(reader), reads: () => reads };
}

/** What one table needs and another only records; a key that another's foreign key and operator class lean on. */
const SHARED = `
  CREATE EXTENSION citext;
  CREATE FUNCTION who() RETURNS text LANGUAGE sql AS $$ SELECT current_user::text $$;
  CREATE TABLE guarded (a text);
  CREATE POLICY only_reader ON guarded AS RESTRICTIVE TO "torture.reader" USING (a = who());
  CREATE TABLE stamped (a text DEFAULT who());
  CREATE TABLE named (name citext PRIMARY KEY, also citext UNIQUE);
  CREATE TABLE refers (name text, also citext REFERENCES named (also));
  CREATE SEQUENCE shared;
  CREATE TABLE one (a int DEFAULT nextval('shared'));
  CREATE TABLE two (a int DEFAULT nextval('shared'))`;

test.each([
  [
    'the torture database',
    () => readFile(join(import.meta.dirname, '../postgres/schema/torture-schema.sql'), 'utf8'),
  ],
  ['tables that share what they need', () => Promise.resolve(SHARED)],
])(
  '%s read at once has the definitions that each table has by itself',
  { timeout: 120_000 },
  async (_, sqlOf) => {
    const roles = await runSql(
      inject('postgresUrl'),
      `SELECT FROM pg_roles WHERE rolname = 'torture.reader'`,
    );
    if (roles.length === 0) await runSql(inject('postgresUrl'), 'CREATE ROLE "torture.reader"');
    const { snapshot, tables, together, alone, reads } = await openSource(await sqlOf());
    expect(tables.length).toBeGreaterThan(5);
    for (const table of tables) {
      const definition = await together.read(snapshot, table, signal);
      expect(definition.table).toMatchObject({ schema: table.schema, name: table.name });
      expect(definition, table.name).toEqual(await alone.read(snapshot, table, signal));
    }
    expect(reads()).toBe(1);
  },
);

test('one table that was altered since fails by itself, and no other', async () => {
  const source = await openSource('CREATE TABLE a (x int); CREATE TABLE b (x int); CREATE TABLE c (x int)');
  const { url, snapshot, tables, together } = source;
  await runSql(url, 'ALTER TABLE b RENAME x TO y');
  const read = await Promise.allSettled(tables.map((table) => together.read(snapshot, table, signal)));
  expect(read.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(read[1]).toMatchObject({ reason: { code: 'table-changed' } });
});

test('what was not expected is read by itself', async () => {
  const { snapshot, tables, alone } = await openSource('CREATE TABLE a (id serial)');
  const definition = await alone.read(snapshot, tables[0]!, signal);
  expect(definition.schema.sequenceValues).toMatchObject([{ name: 'a_id_seq' }]);
});
