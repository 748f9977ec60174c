import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startDevServer } from '../../src/temporal/dev-server.ts';
import { findServerProgram } from '../../src/temporal/find-server.ts';
import { bundleWorkflows } from '../../src/temporal/workflow-bundle.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of a real Temporal server. */
    temporalAddress: string;
    /** The `temporal` program; empty where the tests were given a server. */
    temporalProgram: string;
    /** File with the workflows as one script. */
    workflowBundle: string;
  }
}

/**
 * One real Temporal server and one workflow bundle for all test files that ask for them. TEMPORAL_ADDRESS names a
 * server to use; otherwise one is started in a temporary folder, from a program that is found, downloaded or built.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!(await isWanted(project))) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-temporal-'));
  const workflowBundle = join(folder, 'workflows.js');
  const [server, { code }] = await Promise.all([provideServer(project, folder), bundleWorkflows()]);
  await writeFile(workflowBundle, code);
  project.provide('workflowBundle', workflowBundle);
  return async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

async function provideServer(
  project: TestProject,
  folder: string,
): Promise<{ stop(): Promise<void> } | undefined> {
  const given = process.env['TEMPORAL_ADDRESS'];
  if (given !== undefined && given !== '') {
    project.provide('temporalAddress', given);
    project.provide('temporalProgram', '');
    return undefined;
  }
  const program = await findServerProgram({
    ...(process.env['TEMPORAL_CLI'] === undefined ? {} : { cliPath: process.env['TEMPORAL_CLI'] }),
    searchPath: (process.env['PATH'] ?? '').split(':'),
    stateFolder: join(process.cwd(), '.permafrost'),
    cacheFolder: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'permafrost'),
    tell: (line) => console.log(line),
  });
  const server = await startDevServer({
    program,
    namespace: 'default',
    stateFolder: folder,
    port: 0,
    uiPort: 0,
  });
  project.provide('temporalAddress', server.address);
  project.provide('temporalProgram', program);
  return server;
}

/** A run of other tests must not pay for a server, let alone build one. */
async function isWanted(project: TestProject): Promise<boolean> {
  // The filters of the command line; without them every test file counts.
  const filters: unknown = Reflect.get(project.vitest, 'filenamePattern');
  const { testFiles } = await project.globTestFiles(Array.isArray(filters) ? filters.map(String) : undefined);
  const texts = await Promise.all(testFiles.map((file) => readFile(file, 'utf8')));
  return texts.some((text) => /temporal-bench|inject\('(?:temporal|workflowBundle)/.test(text));
}
