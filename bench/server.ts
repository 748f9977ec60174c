import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/demo/embedded-postgres.ts';

/**
 * Starts the Postgres of the benchmarks, under `.permafrost/bench-postgres`. Nothing may disturb a run there: no
 * vacuum, no checkpoint, no compilation of queries. A table below a quarter of the buffers stays in them. What is made
 * and filled in one transaction is not logged.
 */
export function startBenchServer(): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({
    folder: resolve('.permafrost/bench-postgres'),
    settings: {
      shared_buffers: `${Math.floor(totalmem() / 4 / 2 ** 20)}MB`,
      maintenance_work_mem: '512MB',
      wal_level: 'minimal',
      max_wal_senders: '0',
      max_wal_size: '8GB',
      checkpoint_timeout: '1h',
      autovacuum: 'off',
    },
  });
}

/** `Postgres 18.1`. */
export async function describeServer(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  await client.end();
  return `Postgres ${rows[0]?.server_version ?? 'of an unknown version'}`;
}
