import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type ArchivedTable, tableLabel } from '../../../src/archive/night.ts';
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
  /** Makes tables. */
  readonly maker: Client;
  /** Prints values. */
  readonly witness: Client;
  /** Archives the tables that the patterns name; fails when one of them is not archived. */
  archive(night: string, patterns: readonly string[]): Promise<readonly ArchivedTable[]>;
  /** Drops the tables, from the lake too. */
  drop(tables: readonly string[]): Promise<void>;
  close(): Promise<void>;
};

/** B75: what a database may set for everyone, and what would change what a reader sees. */
const HOSTILE_SETTINGS = {
  DateStyle: `'German, DMY'`,
  TimeZone: `'Asia/Kathmandu'`,
  IntervalStyle: `'iso_8601'`,
  bytea_output: `'escape'`,
  extra_float_digits: '-10',
  xmloption: `'document'`,
  default_transaction_isolation: `'serializable'`,
};

export async function openSampleLake(): Promise<SampleLake> {
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-property-'));
  const url = await createTestDatabase();
  const maker = new Client({ connectionString: url });
  await maker.connect();
  await maker.query(TYPE_DEFINITIONS);
  await maker.query("SET TimeZone = 'UTC'");
  const database = new URL(url).pathname.slice(1);
  const settings = Object.entries(HOSTILE_SETTINGS).map(
    ([name, value]) => `ALTER DATABASE ${database} SET ${name} = ${value}`,
  );
  await runSql(url, settings.join('; '));
  const witness = await connectWitness(url);
  const config = readConfig(
    { lake: join(folder, 'lake') },
    { PERMAFROST_SOURCE: url, PERMAFROST_STATE_FOLDER: join(folder, 'state') },
  );
  const archiver = composeArchiver(config);
  return {
    lake: openLake(config.lake),
    maker,
    witness,
    async archive(night, tables) {
      const result = await runNight(
        { set: 'adhoc', tables, night },
        {
          archiver,
          clock: systemClock,
          runId: randomUUID(),
          concurrency: 2,
          signal: new AbortController().signal,
          watch: { planned: () => undefined, progressed: () => undefined, finished: () => undefined },
        },
      );
      return result.tables.map((table) => {
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
