/**
 * Archives a small table on 3,650 nights in a row, by the whole product but Temporal, into a folder of its own. Fails
 * when a commit costs too much more at the end than at the beginning, or the metadata grows too large.
 *
 *   npm run bench:ten-years
 *   npm run bench:ten-years -- 365   only the first year
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { nextNight } from '../src/archive/night-date.ts';
import { currentSnapshot, loadLakeTable, pathOf } from '../src/archive/read-lake.ts';
import { runNight } from '../src/archive/run-night.ts';
import { metadataPath } from '../src/catalog/metadata-path.ts';
import { layOutTable } from '../src/cli/text-table.ts';
import { systemClock } from '../src/clock.ts';
import { composeArchiver, type Lake, openLake } from '../src/composition.ts';
import { readConfig } from '../src/config.ts';
import { createDatabase } from '../src/demo/embedded-postgres.ts';
import { formatBytes } from '../src/quantity.ts';
import { median } from './measure.ts';
import { startBenchServer } from './server.ts';

/** One night, in milliseconds. */
type Night = {
  /** Until the new metadata was current, from the manifest on. */
  readonly commit: number;
  /** The only table, from the first question to the end. */
  readonly table: number;
  /** Of all threads. */
  readonly cpu: number;
};

const FIRST_NIGHT = '2026-01-01';
const NIGHTS = Number(process.argv[2] ?? 3650);
const TABLE = 'customers';

const SLOWER_AT_MOST = 100;
const METADATA_AT_MOST_BYTES = 5_000_000;

/** Nights on each side that a printed one is the median of. */
const NEIGHBOURS = 5;

const folder = await mkdtemp(join(tmpdir(), 'permafrost-ten-years-'));
const postgres = await startBenchServer();
try {
  const url = await createDatabase(postgres, 'ten_years');
  await createTable(url);
  await live(url);
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true });
}

async function createTable(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`DROP TABLE IF EXISTS ${TABLE}`);
  await client.query(
    `CREATE TABLE ${TABLE} (id bigint PRIMARY KEY, name text NOT NULL, email text, credit numeric(12,2), active boolean, since timestamptz)`,
  );
  await client.query(
    `INSERT INTO ${TABLE} SELECT i, 'customer ' || i, i || '@example.com', i / 7.0, i % 3 > 0, timestamptz '2020-01-01' + i * interval '1 h' FROM generate_series(1, 100) i`,
  );
  await client.end();
}

async function live(url: string): Promise<void> {
  const config = readConfig(
    { lake: join(folder, 'lake') },
    { PERMAFROST_SOURCE: url, PERMAFROST_STATE_FOLDER: folder },
  );
  const archiver = composeArchiver(config);
  const lake = openLake(config.lake);
  const nights: Night[] = [];
  try {
    for (let date = FIRST_NIGHT; nights.length < NIGHTS; date = nextNight(date)) {
      nights.push(await archive(archiver, date));
      await forgetMetadata(lake, nights.length - 1);
      if (nights.length % 365 === 0)
        console.error(`night ${nights.length}: ${describe(around(nights, nights.length))}`);
    }
  } finally {
    await archiver.close();
  }
  await report(lake, nights);
}

async function archive(archiver: ReturnType<typeof composeArchiver>, date: string): Promise<Night> {
  const before = process.cpuUsage();
  const result = await runNight(
    { set: 'adhoc', tables: [`public.${TABLE}`], night: date, late: false },
    {
      archiver,
      clock: systemClock,
      runId: randomUUID(),
      concurrency: 1,
      signal: new AbortController().signal,
    },
  );
  const [table] = result.tables;
  const { user, system } = process.cpuUsage(before);
  if (table?.kind === 'archived') {
    const { seconds, stages } = table;
    return {
      commit: (stages?.commitSeconds ?? 0) * 1000,
      table: seconds * 1000,
      cpu: (user + system) / 1000,
    };
  }
  throw new Error(`night ${date} was not archived: ${JSON.stringify(table ?? result.failure)}`);
}

/** Metadata files that are replaced are no part of what is measured, and all of them together take 10 GB. */
async function forgetMetadata({ store }: Lake, version: number): Promise<void> {
  if (version > 0) await store.delete(metadataPath(TABLE, version));
}

async function report({ store, catalog }: Lake, nights: readonly Night[]): Promise<void> {
  const { metadata, metadataVersion } = await loadLakeTable(catalog, TABLE);
  const list = await store.head(pathOf(store, currentSnapshot(metadata)?.['manifest-list'] ?? ''));
  const bytes = (await store.head(metadataPath(TABLE, metadataVersion)))?.bytes ?? 0;
  const years = nights
    .map((_, index) => index + 1)
    .filter((night) => night === 1 || night % 365 === 0)
    .map((night) => ({ night, ...around(nights, night) }));
  console.log(
    layOutTable(
      ['night', 'commit ms', 'table ms', 'CPU ms'].map((title) => ({ title, align: 'right' })),
      years.map(({ night, commit, table, cpu }) =>
        [night, commit, table, cpu].map((value) => value.toFixed(0)),
      ),
    ),
  );
  console.log(`metadata.json ${formatBytes(bytes)}, manifest list ${formatBytes(list?.bytes ?? 0)}`);
  const slower = around(nights, nights.length).commit - around(nights, 1).commit;
  if (slower > SLOWER_AT_MOST) fail(`the last commit costs ${slower.toFixed(0)} ms more than the first`);
  if (bytes > METADATA_AT_MOST_BYTES) fail(`metadata.json has ${formatBytes(bytes)}`);
}

/** The median of the nights around one, which are counted from 1. */
function around(nights: readonly Night[], night: number): Night {
  const near = nights.slice(Math.max(0, night - 1 - NEIGHBOURS), night + NEIGHBOURS);
  const middle = (figure: keyof Night) => median(near.map((one) => one[figure]));
  return { commit: middle('commit'), table: middle('table'), cpu: middle('cpu') };
}

function describe({ commit, table, cpu }: Night): string {
  return `commit ${commit.toFixed(0)} ms, table ${table.toFixed(0)} ms, CPU ${cpu.toFixed(0)} ms`;
}

function fail(why: string): void {
  console.log(`FAILED: ${why}`);
  process.exitCode = 1;
}
