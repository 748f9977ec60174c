import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { NightRequest, TableResult } from '../../src/archive/night.ts';
import { loadLakeTable } from '../../src/archive/read-lake.ts';
import { runNight } from '../../src/archive/run-night.ts';
import { type TypeContract, TYPE_CONTRACTS, typeContractOf } from '../../src/archive/type-contract.ts';
import { systemClock } from '../../src/clock.ts';
import { type ComposedArchiver, composeArchiver, type Lake, openLake } from '../../src/composition.ts';
import { readConfig } from '../../src/config.ts';
import type { TableUpdate } from '../../src/iceberg/table-update.ts';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { findFrozenNight } from '../../src/restore/frozen-table.ts';
import { restoreDatabase } from '../../src/restore/restore-database.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';
import { fieldsOf } from './property/lake-rows.ts';

/** The type contract is pinned per table: another version would give the same columns other types. */
const PROPERTY = 'permafrost.type-contract';
const request: NightRequest = { set: 'adhoc', tables: ['public.*'] };

let folder: string;
let url: string;
let lake: Lake;
let archiver: ComposedArchiver;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-contract-'));
  url = await createTestDatabase();
  const config = readConfig(
    { lake: join(folder, 'lake') },
    { PERMAFROST_SOURCE: url, PERMAFROST_STATE_FOLDER: join(folder, 'state') },
  );
  archiver = composeArchiver(config);
  lake = openLake(config.lake);
});

afterEach(() => forget('0'));

afterAll(async () => {
  await archiver.close();
  await rm(folder, { recursive: true, force: true });
});

/** This release knows one version only: for a test there is one more, in which everything is text. */
function know(version: string, contract: TypeContract): void {
  Object.assign(TYPE_CONTRACTS, { [version]: contract });
}

function forget(version: string): void {
  Reflect.deleteProperty(TYPE_CONTRACTS, version);
}

async function archive(night: string): Promise<ReadonlyMap<string, TableResult>> {
  const { tables } = await runNight(
    { ...request, night },
    {
      archiver,
      clock: systemClock,
      runId: randomUUID(),
      concurrency: 2,
      signal: new AbortController().signal,
    },
  );
  return new Map(tables.map((table) => [table.name, table]));
}

/** A new database with the tables of the night, each read back and compared with what the night recorded. */
async function restore(night: string): Promise<string> {
  const into = await createTestDatabase();
  const { tables } = await findFrozenNight(lake, { night, tables: [] });
  await restoreDatabase(tables, lake.store, {
    target: parseSourceUrl(into),
    besideOthers: false,
    everything: false,
    signal: new AbortController().signal,
    watch: { progressed: () => undefined, restored: () => undefined },
  });
  return into;
}

async function change(table: string, update: TableUpdate): Promise<void> {
  const { metadata } = await loadLakeTable(lake.catalog, table);
  const uuid = metadata['table-uuid'];
  await lake.catalog.commit(table, [{ type: 'assert-table-uuid', uuid }], [update]);
}

async function typesOf(table: string): Promise<Readonly<Record<string, unknown>>> {
  const loaded = await loadLakeTable(lake.catalog, table);
  const types = fieldsOf(loaded).map(({ name, type }) => [name, type]);
  return { version: loaded.metadata.properties[PROPERTY], ...Object.fromEntries(types) };
}

test('a table keeps the version it was created with, and a new one beside it gets the newest', async () => {
  await runSql(url, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)');
  await archive('2026-03-01');
  expect(await typesOf('kept')).toEqual({ version: '1', dt: 'date', id: 'int' });

  // As if it had been created under a version in which everything is text.
  know('0', { ...typeContractOf('1'), rules: [] });
  await change('kept', { action: 'set-properties', updates: { [PROPERTY]: '0' } });
  await runSql(url, 'ALTER TABLE kept ADD price numeric(5, 2); CREATE TABLE young (id int)');
  for (const night of ['2026-03-02', '2026-03-03']) {
    const tables = await archive(night);
    expect([...tables.values()].map(({ kind }) => kind)).toEqual(['archived', 'archived']);
    expect(await typesOf('kept')).toMatchObject({ version: '0', id: 'string', price: 'string' });
    expect(await typesOf('young')).toEqual({ version: '1', dt: 'date', id: 'int' });
  }
  const back = await restore('2026-03-03');
  expect(await runSql(back, 'SELECT id, pg_typeof(id)::text AS type FROM kept')).toEqual([
    { id: 7, type: 'integer' },
  ]);
});

test.each<[string, string, TableUpdate, object]>([
  [
    'that this release does not know',
    'later',
    { action: 'set-properties', updates: { [PROPERTY]: '2' } },
    {
      message: 'the table keeps type contract "2", which this release does not know; it knows 1',
      cure: 'use the release that wrote the last night of the table, or a newer one',
    },
  ],
  [
    'that is missing',
    'unnamed',
    { action: 'remove-properties', removals: [PROPERTY] },
    {
      message: 'the table property permafrost.type-contract is missing',
      cure: 'restore the property from an earlier metadata file of the table',
    },
  ],
  [
    'that only an object has',
    'odd',
    { action: 'set-properties', updates: { [PROPERTY]: 'constructor' } },
    { message: expect.stringContaining('keeps type contract "constructor"') },
  ],
])('a version %s fails its table, and no other; nothing is guessed', async (_, name, update, failure) => {
  await runSql(url, `DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE ${name} (id int)`);
  await archive('2026-03-01');
  await runSql(url, `CREATE TABLE beside_${name} (id int)`);
  await change(name, update);
  const before = await loadLakeTable(lake.catalog, name);

  await archiver.checkNight(request);
  const tables = await archive('2026-03-02');
  expect(tables.get(name)).toMatchObject({ kind: 'failed', code: 'lake-foreign', ...failure });
  expect(tables.get(`beside_${name}`)?.kind).toBe('archived');
  const after = await loadLakeTable(lake.catalog, name);
  expect(after.metadataVersion).toBe(before.metadataVersion);
});
