import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Archiver } from '../../src/archive/archiver.ts';
import type { ArchivedTable, PlannedTable } from '../../src/archive/night.ts';
import { loadLakeTable } from '../../src/archive/read-lake.ts';
import { composeArchiver, type ComposedArchiver, type Lake, openLake } from '../../src/composition.ts';
import { type Config, type Environment, readConfig } from '../../src/config.ts';
import type { PermafrostError } from '../../src/errors.ts';
import { createTestDatabase, runSql, startTestPostgres } from '../postgres/test-server.ts';

let folder: string;
let url: string;
let archiver: ComposedArchiver;
let lake: Lake;
let day = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-identity-'));
  url = await createTestDatabase();
  archiver = composeArchiver(configOf(url));
  lake = openLake(configOf(url).lake);
});

afterAll(async () => {
  await archiver.close();
  await rm(folder, { recursive: true, force: true });
});

function configOf(source: string, environment: Environment = {}): Config {
  return readConfig(
    { lake: join(folder, 'lake') },
    { ...environment, PERMAFROST_SOURCE: source, PERMAFROST_STATE_FOLDER: join(folder, 'state') },
  );
}

/** Archives one table for the next date; `rules` are what a definition would say. */
async function archive(
  name: string,
  rules: Partial<PlannedTable> = {},
  by: Archiver = archiver,
): Promise<ArchivedTable> {
  const night = new Date(Date.UTC(2026, 0, (day += 1))).toISOString().slice(0, 10);
  const { signal } = new AbortController();
  const held = await by.openSnapshot(signal);
  try {
    const request = { set: 'adhoc', tables: [`public.${name}`], night };
    const [table] = (await by.planNight(request, held.info)).tables;
    if (table === undefined) throw new Error(`there is no table ${name}`);
    return await by.archiveTable(
      {
        night,
        set: 'adhoc',
        runId: randomUUID(),
        table: { ...table, ...rules },
        snapshot: held.info,
        consistencyGroup: 'A',
        late: true,
      },
      { signal, onProgress: () => undefined },
    );
  } finally {
    await held.close();
  }
}

describe('a table that is renamed (B50)', () => {
  test('goes on in its table of the lake where the definition names that', async () => {
    await runSql(url, 'CREATE TABLE letters (id int, note text); INSERT INTO letters VALUES (1, NULL)');
    await archive('letters');
    await runSql(url, 'ALTER TABLE letters RENAME TO mails; ALTER TABLE mails RENAME note TO remark');
    const renamed = await archive('mails', { lakeTable: 'letters' });
    expect(renamed.schemaChanges).toEqual([
      'the table was renamed from public.letters to public.mails',
      'column note was renamed to remark',
    ]);
    expect((await archive('mails', { lakeTable: 'letters' })).schemaChanges).toEqual([]);
    const { metadata } = await loadLakeTable(lake.catalog, 'letters');
    expect(metadata.snapshots).toHaveLength(3);
    expect(metadata.properties).toMatchObject({ 'permafrost.source-table': 'mails' });
  });

  test('never seems to begin where the definition names no other: the report says where it was', async () => {
    await runSql(url, 'CREATE TABLE questions (id int)');
    await archive('questions');
    await runSql(url, 'ALTER TABLE questions RENAME TO inquiries');
    const { schemaChanges, lakeTable } = await archive('inquiries');
    expect(lakeTable).toBe('inquiries');
    expect(schemaChanges).toEqual([
      expect.stringMatching(
        /^the table \(oid \d+\) begins anew here; its earlier nights are in the lake as questions$/,
      ),
    ]);
    expect((await archive('inquiries')).schemaChanges).toEqual([]);
  });

  test('is found again also when another table has taken its place since', async () => {
    await runSql(url, 'CREATE TABLE stamps (id int)');
    await archive('stamps');
    await runSql(url, 'ALTER TABLE stamps RENAME TO stamps_old; CREATE TABLE stamps (id int, price int)');
    const { schemaChanges } = await archive('stamps');
    expect(schemaChanges).toEqual([
      expect.stringContaining('this is another table than before'),
      'column price (integer) was added',
    ]);
    const moved = await archive('stamps_old');
    expect(moved.schemaChanges).toEqual([
      expect.stringContaining('earlier nights are in the lake as stamps'),
    ]);
  });
});

describe('a column whose bounds are off', () => {
  test('does not get them by a swap of names that its definition does not follow (B50)', async () => {
    await runSql(url, "CREATE TABLE safes (open text, secret text); INSERT INTO safes VALUES ('o', 's')");
    await archive('safes', { boundsOff: ['secret'] });
    await runSql(
      url,
      'ALTER TABLE safes RENAME open TO swap; ALTER TABLE safes RENAME secret TO open; ALTER TABLE safes RENAME swap TO secret',
    );
    await expect(archive('safes', { boundsOff: ['secret'] })).rejects.toMatchObject({
      code: 'configuration',
      message: 'the column secret, which boundsOff names, was renamed to open, and another one has its name',
    });
    await archive('safes', { boundsOff: ['secret', 'open'] });
    await archive('safes', { boundsOff: ['open'] });
  });
});

describe('the history of a table', () => {
  test('is not taken over by another table that a definition points to it', async () => {
    await runSql(url, 'CREATE TABLE rooms (id int); CREATE TABLE halls (id int)');
    await archive('rooms');
    await expect(archive('halls', { lakeTable: 'rooms' })).rejects.toMatchObject({
      code: 'lake-foreign',
      message: "the lake's table rooms holds public.rooms",
    });
  });

  test.each(['drops', 'adds'])('is not written on when another engine %s a column', async (change) => {
    const name = `doors_${change}`;
    await runSql(url, `CREATE TABLE ${name} (id int, note text)`);
    await archive(name);
    const { metadata } = await loadLakeTable(lake.catalog, name);
    const [schema] = metadata.schemas;
    if (schema === undefined) throw new Error('the table has no schema');
    const theirs = { id: 4, name: 'score', required: false, type: 'int' } as const;
    const fields = change === 'drops' ? schema.fields.slice(0, -1) : [...schema.fields, theirs];
    await lake.catalog.commit(
      name,
      [],
      [
        { action: 'add-schema', schema: { ...schema, fields } },
        { action: 'set-current-schema', 'schema-id': -1 },
      ],
    );
    await expect(archive(name)).rejects.toMatchObject({ code: 'lake-foreign' });
    expect((await loadLakeTable(lake.catalog, name)).metadata.snapshots).toHaveLength(1);
  });
});

describe('a database that goes on on another server', () => {
  test('is refused with the cure, and goes on by the names of its columns once the operator says so', async () => {
    await runSql(url, 'CREATE TABLE keys (id int, gone int, note text); ALTER TABLE keys DROP gone');
    await archive('keys');
    const server = await startTestPostgres();
    const stranger = composeArchiver(configOf(server.url));
    try {
      await runSql(server.url, "CREATE TABLE keys (id int, note text); INSERT INTO keys VALUES (1, 'moved')");
      const refusal: unknown = await archive('keys', { lakeTable: 'keys' }, stranger).catch(
        (error: unknown) => error,
      );
      expect(refusal).toMatchObject({ code: 'lake-foreign' });
      await expect(stranger.checkNight({ set: 'adhoc', tables: ['public.keys'] })).rejects.toMatchObject({
        code: 'lake-foreign',
      });
      const [, formerSource] =
        /PERMAFROST_FORMER_SOURCE=(\d+\/\w+)$/.exec((refusal as PermafrostError).cure ?? '') ?? [];

      const known = composeArchiver(configOf(server.url, { PERMAFROST_FORMER_SOURCE: formerSource }));
      try {
        await known.checkNight({ set: 'adhoc', tables: ['public.keys'] });
        const { schemaChanges, rows } = await archive('keys', { lakeTable: 'keys' }, known);
        expect(schemaChanges).toEqual([
          'the database was upgraded, moved or renamed; the columns were matched by name',
        ]);
        expect(rows).toBe(1);
      } finally {
        await known.close();
      }
      // From then on it is the source, and the setting has done its work; the former one is a stranger.
      expect((await archive('keys', { lakeTable: 'keys' }, stranger)).schemaChanges).toEqual([]);
      await expect(archive('keys')).rejects.toMatchObject({ code: 'lake-foreign' });
      const { metadata } = await loadLakeTable(lake.catalog, 'keys');
      expect(metadata.schemas.map(({ fields }) => fields.map(({ id, name }) => `${name}=${id}`))).toEqual([
        ['dt=1', 'id=2', 'note=3'],
      ]);
    } finally {
      await stranger.close();
      await server.stop();
    }
  });
});
