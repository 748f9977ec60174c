import { afterAll, beforeAll, describe, inject } from 'vitest';
import { hasDebianPostgres, startDebianPostgres } from '../postgres/debian-postgres.ts';

/** A server whose values are put to the test. */
export type Server = {
  readonly major: number;
  start(): Promise<{ readonly url: string; readonly stop: () => Promise<void> }>;
};

const EMBEDDED: Server = {
  major: 18,
  start: async () => ({ url: inject('postgresUrl'), stop: async () => undefined }),
};

const DEBIAN: Server = { major: 15, start: startDebianPostgres };

/** The tests once for each server; where Debian's is not installed, the run says so. */
export function describeServers(tests: (server: Server) => void): void {
  describe('PostgreSQL 18', () => {
    tests(EMBEDDED);
  });
  if (!hasDebianPostgres)
    console.warn(
      "Debian's PostgreSQL 15 is not installed (apt-get install postgresql-15): its tests are skipped",
    );
  describe.skipIf(!hasDebianPostgres)("Debian's PostgreSQL 15", () => {
    tests(DEBIAN);
  });
}

/** The same server for several benches: started before the first, stopped after the last. */
export function shareServer(server: Server): Server {
  let running: Awaited<ReturnType<Server['start']>> | undefined;
  beforeAll(async () => {
    running = await server.start();
  });
  afterAll(() => running?.stop());
  return {
    ...server,
    start: async () => ({ url: running?.url ?? '', stop: async () => undefined }),
  };
}
