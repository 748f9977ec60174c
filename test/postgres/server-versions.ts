import { randomBytes } from 'node:crypto';
import { hasDebianPostgres, startDebianPostgres } from './debian-postgres.ts';
import { createTestDatabase, runSql } from './test-server.ts';

/** The servers that a test of the product's dealings with Postgres has to pass on. */
export type ServerVersion = {
  readonly version: 15 | 18;
  readonly present: boolean;
  readonly open: () => Promise<OpenServer>;
};

export type OpenServer = {
  /** A new, empty database; its URL is a superuser's. */
  readonly createDatabase: () => Promise<string>;
  readonly stop: () => Promise<void>;
};

export const serverVersions: readonly ServerVersion[] = [
  {
    version: 18,
    present: true,
    open: () =>
      Promise.resolve({ createDatabase: () => createTestDatabase(), stop: () => Promise.resolve() }),
  },
  {
    version: 15,
    present: hasDebianPostgres,
    async open() {
      const { url, stop } = await startDebianPostgres();
      const createDatabase = async () => {
        const database = new URL(url);
        database.pathname = `/t_${randomBytes(6).toString('hex')}`;
        await runSql(url, `CREATE DATABASE ${database.pathname.slice(1)}`);
        return database.href;
      };
      return { createDatabase, stop };
    },
  },
];

/** The same URL for a user without rights, who is made unless it is there. */
export async function asReader(url: string, role: string): Promise<string> {
  await runSql(
    url,
    `DO $$ BEGIN CREATE ROLE ${role} LOGIN PASSWORD 'r'; EXCEPTION WHEN duplicate_object THEN END $$`,
  );
  const limited = new URL(url);
  limited.username = role;
  limited.password = 'r';
  return limited.href;
}
