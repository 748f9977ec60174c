import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { PermafrostError } from '../errors.ts';

/** Runs the work on one connection, which is closed at the end. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
  } catch (cause) {
    throw new PermafrostError('source-unreachable', 'the demo database cannot be reached', {
      cure: 'start it first, and check host, port and password',
      cause,
    });
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Runs scripts of this folder in one transaction: all of it or nothing. The session's settings are fixed, so that the
 * text forms and casts in the scripts mean the same on every server.
 */
export async function runScripts(
  client: Client,
  scripts: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const texts = await Promise.all(
    scripts.map((script) => readFile(join(import.meta.dirname, script), 'utf8')),
  );
  const fixed = {
    timezone: 'UTC',
    datestyle: 'ISO, YMD',
    intervalstyle: 'postgres',
    search_path: 'public',
    ...settings,
  };
  await client.query('begin');
  try {
    for (const [name, value] of Object.entries(fixed)) {
      await client.query('select set_config($1, $2, true)', [name, value]);
    }
    for (const text of texts) await client.query(text);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
