import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NightResult } from '../../src/archive/night.ts';
import { planQuery } from '../../src/archive/plan-query.ts';
import { describeHistory, loadLakeTable } from '../../src/archive/read-lake.ts';
import { composeArchiver, type Lake, openLake } from '../../src/composition.ts';
import { readConfig } from '../../src/config.ts';
import { queryLake } from '../../src/query/duckdb-query.ts';
import { awaitNight, startNight } from '../../src/temporal/start-night.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';
import { atTemporal } from '../workflows/temporal-bench.ts';

/**
 * F06, F07: what someone truncates or alters between the night's snapshot and the lock of a table would be read as
 * empty, or with shifted columns. Such a table is read once more, under a newer snapshot.
 */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-changed-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const SETUP = `
  CREATE TABLE kept (id int); INSERT INTO kept SELECT generate_series(1, 100);
  CREATE TABLE emptied (id int); INSERT INTO emptied SELECT generate_series(1, 1000);
  CREATE TABLE refilled (id int); INSERT INTO refilled SELECT generate_series(1, 1000);
  CREATE TABLE retyped (id int, note text); INSERT INTO retyped VALUES (1, '7');
  CREATE TABLE widened (id int); INSERT INTO widened VALUES (1);
  CREATE TABLE gone (id int);
`;

type ChangedNight = { readonly result: NightResult; readonly lake: Lake; readonly mail: string };

/** A night, with `sql` run between the night's snapshot and the lock of the first table. */
async function archiveWhile(name: string, sql: string): Promise<ChangedNight> {
  const source = await createTestDatabase();
  await runSql(source, SETUP);
  const mailFolder = join(folder, name, 'mail');
  const config = readConfig(
    { lake: join(folder, name, 'lake') },
    { PERMAFROST_SOURCE: source, PERMAFROST_MAIL_FOLDER: mailFolder },
  );
  const archiver = composeArchiver(config);
  const disturbed: typeof archiver = {
    ...archiver,
    async planNight(request, snapshot, signal) {
      const plan = await archiver.planNight(request, snapshot, signal);
      await runSql(source, sql);
      return plan;
    },
  };
  try {
    const result = await atTemporal(disturbed, async ({ client, taskQueue, request }) =>
      awaitNight(
        client,
        await startNight(client, taskQueue, { ...request, set: 'adhoc', tables: ['public.*'] }),
      ),
    );
    const [report = ''] = (await readdir(mailFolder)).filter((file) => file.endsWith('.html'));
    return { result, lake: openLake(config.lake), mail: await readFile(join(mailFolder, report), 'utf8') };
  } finally {
    await archiver.close();
  }
}

function groupsOf({ tables }: NightResult): Readonly<Record<string, string>> {
  return Object.fromEntries(
    tables.map((table) => [table.name, table.kind === 'archived' ? table.consistencyGroup : table.code]),
  );
}

test('tables that were truncated or altered after the snapshot are committed as group B, as they are now (F06, F07)', async () => {
  const { result, lake, mail } = await archiveWhile(
    'changed',
    `TRUNCATE emptied; TRUNCATE refilled; INSERT INTO refilled VALUES (7), (8); INSERT INTO kept VALUES (0);
     ALTER TABLE retyped ALTER note TYPE int USING note::int; ALTER TABLE widened ADD more text DEFAULT 'x'`,
  );
  expect(groupsOf(result)).toEqual({
    kept: 'A',
    gone: 'A',
    emptied: 'B',
    refilled: 'B',
    retyped: 'B',
    widened: 'B',
  });
  expect(result.consistencyGroups.map(({ letter }) => letter)).toEqual(['A', 'B']);

  const answer = await queryLake(
    `SELECT (SELECT count(*)::int FROM kept), (SELECT count(*)::int FROM emptied),
            (SELECT sum(id)::int FROM refilled), (SELECT note FROM retyped), (SELECT more FROM widened)`,
    await planQuery(lake.catalog, lake.store, undefined),
  );
  expect(answer.rows).toEqual([[100, 0, 15, 7, 'x']]);
  expect(describeHistory(await loadLakeTable(lake.catalog, 'refilled'))).toMatchObject([
    { rows: 2, consistencyGroup: 'B', metadataVersion: 1 },
  ]);
  expect(mail).toContain('This night was read under 2 Postgres snapshots, not one.');
});

test('a table that was dropped after the snapshot is red, and its neighbours are not (F07)', async () => {
  const { result, mail } = await archiveWhile('dropped', 'DROP TABLE gone; TRUNCATE emptied');
  expect(groupsOf(result)).toMatchObject({ kept: 'A', retyped: 'A', emptied: 'B', gone: 'table-not-found' });
  expect(mail).toContain('table-not-found');
});
