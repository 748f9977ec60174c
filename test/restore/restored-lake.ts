import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { escapeIdentifier } from 'pg';
import { expect } from 'vitest';
import { runNight } from '../../src/archive/run-night.ts';
import type { NightResult } from '../../src/archive/night.ts';
import { systemClock } from '../../src/clock.ts';
import { composeArchiver, type Lake, openLake } from '../../src/composition.ts';
import { readConfig } from '../../src/config.ts';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { findFrozenNight } from '../../src/restore/frozen-table.ts';
import {
  type DatabaseRestore,
  type DatabaseRestoreOptions,
  restoreDatabase,
} from '../../src/restore/restore-database.ts';
import type { RestoreWatcher } from '../../src/restore/restored-table.ts';
import { runSql } from '../postgres/test-server.ts';

export const silent: RestoreWatcher = { progressed: () => undefined, restored: () => undefined };

/** A lake in a folder of its own, with nights of any database. */
export type TestLake = Lake & {
  readonly folder: string;
  archive(url: string, night: string, patterns?: readonly string[]): Promise<NightResult>;
  restore(into: string, options?: RestoreOptions): Promise<DatabaseRestore>;
  remove(): Promise<void>;
};

export type RestoreOptions = Partial<
  Pick<DatabaseRestoreOptions, 'besideOthers' | 'everything' | 'signal' | 'watch'>
> & {
  readonly night?: string;
  readonly tables?: readonly string[];
};

export async function openTestLake(): Promise<TestLake> {
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-restore-'));
  const flags = { lake: join(folder, 'lake') };
  const lake = openLake(readConfig(flags, {}).lake);
  return {
    ...lake,
    folder,
    async archive(url, night, tables = ['*.*']) {
      const env = { PERMAFROST_SOURCE: url, PERMAFROST_STATE_FOLDER: join(folder, 'state') };
      const archiver = composeArchiver(readConfig(flags, env));
      try {
        return await runNight(
          { set: 'adhoc', tables, night },
          {
            archiver,
            clock: systemClock,
            runId: randomUUID(),
            concurrency: 2,
            signal: new AbortController().signal,
          },
        );
      } finally {
        await archiver.close();
      }
    },
    async restore(into, { night, tables = [], ...options } = {}) {
      const frozen = await findFrozenNight(lake, { night, tables });
      return restoreDatabase(frozen.tables, lake.store, {
        target: parseSourceUrl(into),
        besideOthers: false,
        everything: false,
        signal: new AbortController().signal,
        watch: silent,
        ...options,
      });
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Fails where a table of the night was not archived. */
export function expectWhole(result: NightResult): void {
  expect(result.failure).toBeUndefined();
  expect(result.tables.filter(({ kind }) => kind === 'failed')).toEqual([]);
}

/** An empty database on the server; its URL. */
export async function createDatabase(server: string, sql = ''): Promise<string> {
  const url = new URL(server);
  const name = `t_${randomBytes(6).toString('hex')}`;
  await runSql(server, `CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE template0`);
  url.pathname = `/${name}`;
  if (sql !== '') await runSql(url.href, sql);
  return url.href;
}

/** Statements of the torture database, with its rows. */
export async function tortureSql(): Promise<string> {
  const files = ['../postgres/schema/torture-schema.sql', './torture-rows.sql'];
  return (await Promise.all(files.map((file) => readFile(join(import.meta.dirname, file), 'utf8')))).join(
    '\n',
  );
}
