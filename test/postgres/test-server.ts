import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, escapeIdentifier, type QueryResult } from 'pg';
import { inject } from 'vitest';
import { startEmbeddedPostgres } from '../../src/demo/embedded-postgres.ts';

export type TestPostgres = {
  /** Superuser, database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
};

/** Starts a real server of our own on a free port, with the settings given; `stop` throws the data away. */
export async function startTestPostgres(
  settings: Readonly<Record<string, string>> = {},
): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-test-postgres-'));
  const server = await startEmbeddedPostgres({
    folder,
    settings: { max_connections: '60', shared_buffers: '32MB', ...settings },
  });
  return {
    url: server.url(),
    port: server.port,
    stop: async () => {
      await server.stop();
      // Another folder than ours where the server's user cannot enter the temporary one.
      for (const used of [server.folder, folder]) await rm(used, { recursive: true, force: true });
    },
  };
}

/** A new, empty database, on the server that this test run shares unless told; returns its URL (superuser). */
export async function createTestDatabase(
  name = `t_${randomBytes(6).toString('hex')}`,
  server = inject('postgresUrl'),
): Promise<string> {
  const url = new URL(server);
  await runSql(url.href, `CREATE DATABASE ${escapeIdentifier(name)}`);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

/** Runs SQL as the superuser over a connection of its own; several statements may stand in one string. */
export async function runSql(url: string, sql: string): Promise<Record<string, unknown>[]> {
  return withClient(url, async (client) => {
    const result = (await client.query(sql)) as QueryResult | QueryResult[];
    return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
  });
}

/** Lends a plain client, and closes it whatever happens. */
export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
