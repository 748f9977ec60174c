/**
 * Records histories for the replay test: `node test/replay/record.ts`, with the names of scenarios to record only those.
 * Run it from the commit that is deployed, so that the test shows whether nights that began under that commit can go on
 * under the next one.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { PermafrostError } from '../../src/errors.ts';
import { startDevServer } from '../../src/temporal/dev-server.ts';
import { findServerProgram } from '../../src/temporal/find-server.ts';
import { awaitNight, cancelNight, startNight } from '../../src/temporal/start-night.ts';
import { bundleWorkflows } from '../../src/temporal/workflow-bundle.ts';
import { FakeArchiver, type FakeSteps, untilStopped } from '../workflows/fake-archiver.ts';
import { type BenchServer, withNightBench } from '../workflows/night-bench.ts';

type Scenario = {
  readonly steps: (archiver: () => FakeArchiver) => FakeSteps;
  readonly cancelAt?: string;
};

const scenarios: Readonly<Record<string, Scenario>> = {
  ok: { steps: () => ({}) },
  'table-failed': {
    steps: () => ({
      archiveTable: ({ table }) =>
        table.name === 'orders'
          ? Promise.reject(new PermafrostError('table-not-found', 'public.orders is gone'))
          : Promise.resolve(),
    }),
  },
  'table-changed': {
    steps: () => ({
      archiveTable: ({ table, consistencyGroup }) =>
        table.name !== 'lines' && consistencyGroup === 'A'
          ? Promise.reject(new PermafrostError('table-changed', `public.${table.name} was truncated`))
          : Promise.resolve(),
    }),
  },
  'snapshot-lost': {
    steps: (archiver) => ({
      archiveTable({ table, consistencyGroup }) {
        if (table.name === 'orders' || consistencyGroup !== 'A') return Promise.resolve();
        if (table.name === 'customers') archiver().loseSnapshot();
        return Promise.reject(new PermafrostError('snapshot-lost', 'the snapshot is gone'));
      },
    }),
  },
  cancelled: {
    steps: () => ({
      archiveTable: ({ table }, options) =>
        table.name === 'orders' ? Promise.resolve() : untilStopped(options),
    }),
    cancelAt: 'start lines A',
  },
  'source-refused': {
    steps: () => ({
      openSnapshot: () =>
        Promise.reject(new PermafrostError('source-authentication', 'the password is refused')),
    }),
  },
  'report-failed': {
    steps: () => ({
      sendReport: () => Promise.reject(new PermafrostError('configuration', 'nobody is named')),
    }),
  },
};

async function recordAll(wanted: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-record-'));
  const program = await findServerProgram({
    ...(process.env['TEMPORAL_CLI'] === undefined ? {} : { cliPath: process.env['TEMPORAL_CLI'] }),
    searchPath: (process.env['PATH'] ?? '').split(':'),
    stateFolder: folder,
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
  try {
    const bench = { address: server.address, workflowBundle: await bundleWorkflows() };
    for (const [name, scenario] of Object.entries(scenarios)) {
      if (wanted.length === 0 || wanted.includes(name)) await record(bench, name, scenario);
    }
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function record(server: BenchServer, name: string, scenario: Scenario): Promise<void> {
  const archiver: FakeArchiver = new FakeArchiver(scenario.steps(() => archiver));
  await withNightBench(server, archiver, async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, { ...request, set: `recorded-${name}` });
    if (scenario.cancelAt !== undefined) {
      await archiver.happened(scenario.cancelAt);
      await cancelNight(client, started);
    }
    await awaitNight(client, started).catch(() => undefined);
    const history = await client.workflow.getHandle(started.workflowId).fetchHistory();
    const file = fileURLToPath(new URL(`histories/archive-night-${name}.json`, import.meta.url));
    await writeFile(file, `${withoutPlaces(historyToJSON(history))}\n`);
    console.log(`${name}: ${history.events?.length} events`);
  });
}

/** Stack traces and process names say where the recording was made, and replay does not need them. */
function withoutPlaces(json: string): string {
  const replaced: Readonly<Record<string, unknown>> = { stackTrace: undefined, identity: 'recorded' };
  return JSON.stringify(
    JSON.parse(json),
    (key: string, value: unknown) => (Object.hasOwn(replaced, key) ? replaced[key] : value),
    1,
  );
}

await recordAll(process.argv.slice(2));
