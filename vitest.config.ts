import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup/postgres.ts', 'test/global-setup/temporal.ts'],
    pool: 'forks',
    // Each file brings threads, child processes and sessions of Postgres of its own.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
    // Tests run on the modules as Node itself loads them, which is how the product runs.
    experimental: { viteModuleRunner: false },
  },
});
