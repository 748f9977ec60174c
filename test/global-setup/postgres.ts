import type { TestProject } from 'vitest/node';
import { startTestPostgres } from '../postgres/test-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser URL of the server that all tests of this run share. */
    postgresUrl: string;
  }
}

/** One server per test run; every test makes a database of its own with `createTestDatabase`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTestPostgres();
  project.provide('postgresUrl', server.url);
  return server.stop;
}
