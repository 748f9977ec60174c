import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import type { Archiver } from '../../../src/archive/archiver.ts';
import { type ArchivedTable, tableLabel, type TableResult } from '../../../src/archive/night.ts';
import type { TableRules } from '../../../src/archive/source-set.ts';
import { runNight } from '../../../src/archive/run-night.ts';
import { systemClock } from '../../../src/clock.ts';
import { composeArchiver, type Lake, openLake } from '../../../src/composition.ts';
import { readConfig } from '../../../src/config.ts';
import { createTestDatabase, runSql } from '../../postgres/test-server.ts';
import { connectWitness } from './postgres-texts.ts';
import { TYPE_DEFINITIONS } from './sample-types.ts';

/** A source database whose settings are as odd as they can be, a lake, and the archiver between them. */
export type SampleLake = {
  readonly lake: Lake;
  /** Of the source, for its superuser. */
  readonly url: string;
  /** Makes tables. */
  readonly maker: Client;
  /** Prints values. */
  readonly witness: Client;
  /** Archives the tables that the patterns name; fails when one of them is not archived. */
  archive(night: string, patterns: readonly string[]): Promise<readonly ArchivedTable[]>;
  /** Archives them by rules of their own, and tells what came of each. */
  attempt(
    night: string,
    patterns: readonly string[],
    rules: Partial<TableRules>,
  ): Promise<readonly TableResult[]>;
  /** Drops the tables, from the lake too. */
  drop(tables: readonly string[]): Promise<void>;
  close(): Promise<void>;
};

/** The source of a sample lake. */
export type SampleSource = {
  /** An empty database; a new one on the shared server unless given. */
  readonly url?: string;
  /** SQL of what the tables need. */
  readonly definitions?: string;
  /** What the archiver signs in as; the superuser of the URL unless given. */
  readonly archiverUrl?: string;
};

/** B75: what a database may set for everyone, and what would change what a reader sees. */
export const HOSTILE_SETTINGS = {
  DateStyle: `'German, DMY'`,
  TimeZone: `'Asia/Kathmandu'`,
  IntervalStyle: `'iso_8601'`,
  bytea_output: `'escape'`,
  extra_float_digits: '-10',
  xmloption: `'document'`,
  array_nulls: 'off',
  quote_all_identifiers: 'on',
  standard_conforming_strings: 'off',
  default_transaction_isolation: `'serializable'`,
};

export async function openSampleLake(source: SampleSource = {}): Promise<SampleLake> {
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-property-'));
  const { url = await createTestDatabase(), definitions = TYPE_DEFINITIONS } = source;
  const maker = await connectMaker(url, definitions);
  const witness = await connectWitness(url);
  const config = readConfig(
    { lake: join(folder, 'lake') },
    { PERMAFROST_SOURCE: source.archiverUrl ?? url, PERMAFROST_STATE_FOLDER: join(folder, 'state') },
  );
  const archiver = composeArchiver(config);
  const attempt: SampleLake['attempt'] = async (night, tables, rules) => {
    const result = await runNight(
      { set: 'adhoc', tables, night },
      {
        archiver: withRules(archiver, rules),
        clock: systemClock,
        runId: randomUUID(),
        concurrency: 2,
        signal: new AbortController().signal,
      },
    );
    if (result.failure === undefined) return result.tables;
    throw new Error(`there was no night: ${result.failure.code} ${result.failure.message}`);
  };
  return {
    lake: openLake(config.lake),
    url,
    maker,
    witness,
    attempt,
    async archive(night, tables) {
      return (await attempt(night, tables, {})).map((table) => {
        if (table.kind === 'archived') return table;
        throw new Error(`${tableLabel(table)} was not archived: ${table.code} ${table.message}`);
      });
    },
    async drop(tables) {
      await maker.query(`DROP TABLE IF EXISTS ${tables.join(', ')}`);
      for (const table of tables)
        await rm(join(folder, 'lake/iceberg', table), { recursive: true, force: true });
    },
    async close() {
      await archiver.close();
      await maker.end();
      await witness.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Values are made as anyone would make them; the settings are for those who come later. */
async function connectMaker(url: string, definitions: string): Promise<Client> {
  const maker = new Client({ connectionString: url });
  await maker.connect();
  await maker.query(definitions);
  await maker.query("SET TimeZone = 'UTC'");
  const settings = Object.entries(HOSTILE_SETTINGS).map(
    ([name, value]) => `ALTER DATABASE ${escapeIdentifier(maker.database ?? '')} SET ${name} = ${value}`,
  );
  await runSql(url, settings.join('; '));
  return maker;
}

/** Definitions of tables come from files of the project; here each table gets the same rules. */
function withRules(archiver: Archiver, rules: Partial<TableRules>): Archiver {
  return {
    ...archiver,
    async planNight(...request) {
      const plan = await archiver.planNight(...request);
      return { ...plan, tables: plan.tables.map((table) => ({ ...table, ...rules })) };
    },
  };
}
