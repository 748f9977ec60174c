import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { seedNavigator } from '../../src/demo/navigator-seed.ts';
import { hasDebianPostgres, pgDump, startDebianPostgres } from '../postgres/debian-postgres.ts';
import { runSql, type TestPostgres } from '../postgres/test-server.ts';
import { readDatabase } from './database-content.ts';
import { createDatabase, expectWhole, openTestLake, type TestLake, tortureSql } from './restored-lake.ts';

/** The whole way: a database into the lake, and from the lake into an empty database. */
const servers = [
  { label: 'the embedded server', skip: false, start: undefined },
  {
    label: "Debian's PostgreSQL 15 (where it is installed)",
    skip: !hasDebianPostgres,
    start: startDebianPostgres,
  },
];

const sources = [
  {
    label: 'navigator, the sample database',
    everything: false,
    make: async (server: string) => {
      const url = await createDatabase(server);
      await seedNavigator(url);
      return url;
    },
  },
  {
    label: 'a database with every feature, odd names and odd values (B01–B61)',
    everything: true,
    make: async (server: string) => createDatabase(server, await tortureSql()),
  },
];

describe.each(servers)('$label', { timeout: 120_000 }, ({ skip, start }) => {
  let own: TestPostgres | undefined;
  let server = '';
  let lake: TestLake;

  beforeAll(async () => {
    if (skip) return;
    own = await start?.();
    server = own?.url ?? inject('postgresUrl');
    const roles = await runSql(server, `SELECT FROM pg_roles WHERE rolname = 'torture.reader'`);
    if (roles.length === 0) await runSql(server, 'CREATE ROLE "torture.reader"');
  });
  afterAll(async () => own?.stop());

  describe.each(sources)('$label', ({ make, everything }) => {
    beforeAll(async () => {
      lake = await openTestLake();
    });
    afterAll(() => lake.remove());

    test.skipIf(skip)('comes back: rows, sequences, and all that pg_dump sees', async () => {
      const source = await make(server);
      expectWhole(await lake.archive(source, '2026-11-20'));
      const target = await createDatabase(server);
      const restored = await lake.restore(target, { everything });
      expect(restored.leftOut).toEqual([]);

      const content = await readDatabase(source);
      expect(await readDatabase(target)).toEqual(content);
      expect(Object.keys(content.tables).length).toBe(restored.tables.length);
      // Debian's pg_dump 15 refuses a newer server.
      const dump = start === undefined ? () => [] : pgDump;
      expect(await dump(target)).toEqual(await dump(source));
    });
  });
});
