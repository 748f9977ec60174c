/**
 * Times a night through Temporal against the same night without it, by turns, in one process whose worker is up, each into a
 * lake of its own; the export threads are new in each. The ratios are what counts.
 *
 *   npm run bench:temporal                 lineitem and small
 *   npm run bench:temporal -- small 5      five runs of each
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatedNightRequest } from '../src/archive/archiver.ts';
import { type NightResult, nightSucceeded } from '../src/archive/night.ts';
import { runNight } from '../src/archive/run-night.ts';
import { createRun } from '../src/cli/interruptible.ts';
import { toNightRequest } from '../src/cli/night-options.ts';
import { openNightService } from '../src/cli/night-service.ts';
import { systemClock } from '../src/clock.ts';
import { type ComposedArchiver, composeArchiver } from '../src/composition.ts';
import { type Config, readConfig, tablesUnderWay } from '../src/config.ts';
import { createDatabase } from '../src/demo/embedded-postgres.ts';
import { awaitNight, startNight } from '../src/temporal/start-night.ts';
import { describeMachine } from './machine.ts';
import { median } from './measure.ts';
import { removeOutput } from './remove-output.ts';
import { startBenchServer } from './server.ts';
import { findShape, seedAll, type Shape } from './shapes.ts';

// As bin/permafrost.js has it, and before a file is opened.
process.env.UV_THREADPOOL_SIZE ||= '16';

const [name, runs = '3'] = process.argv.slice(2);
const shapes = (name === undefined ? ['lineitem', 'small'] : [name]).map(findShape);
const NIGHT = '2026-01-01';

const postgres = await startBenchServer();
try {
  const url = await createDatabase(postgres, 'bench');
  await seedAll(url, shapes);
  console.log(`${describeMachine()}\n`);
  for (const shape of shapes) await race(url, shape, Number(runs));
} finally {
  await postgres.stop();
}

async function race(url: string, shape: Shape, times: number): Promise<void> {
  const here: number[] = [];
  const durably: number[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-bench-temporal-'));
  try {
    // What comes first compiles the code for all.
    for (let turn = 0; turn <= times; turn += 1) {
      const without = await timeNight(url, shape, await mkdtemp(join(folder, 'here-')), archiveHere);
      const through = await timeNight(url, shape, await mkdtemp(join(folder, 'temporal-')), archiveDurably);
      if (turn === 0) continue;
      here.push(without);
      durably.push(through);
      console.error(
        `  ${shape.name}: ${without.toFixed(2)} s without, ${through.toFixed(2)} s through Temporal`,
      );
    }
  } finally {
    await removeOutput(folder);
  }
  const [alone, temporal] = [median(here), median(durably)];
  console.log(
    `${shape.name}: ${alone.toFixed(2)} s without, ${temporal.toFixed(2)} s through Temporal, ${(temporal / alone).toFixed(2)} times`,
  );
}

type Archive = (config: Config, archiver: ComposedArchiver, request: DatedNightRequest) => Promise<number>;

async function timeNight(url: string, shape: Shape, folder: string, archive: Archive): Promise<number> {
  const config = readConfig(
    { tables: [`${shape.name}.*`] },
    {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PERMAFROST_SOURCE: url,
      PERMAFROST_LAKE: join(folder, 'lake'),
      PERMAFROST_STATE_FOLDER: folder,
      PERMAFROST_LOG_LEVEL: 'error',
    },
  );
  const archiver = composeArchiver(config);
  try {
    return await archive(config, archiver, { ...toNightRequest(config), night: NIGHT, late: false });
  } finally {
    await archiver.close();
  }
}

async function archiveHere(
  config: Config,
  archiver: ComposedArchiver,
  request: DatedNightRequest,
): Promise<number> {
  return timeUntilDone(async () => {
    const result = await runNight(request, {
      archiver,
      clock: systemClock,
      runId: randomUUID(),
      concurrency: tablesUnderWay(config),
      signal: new AbortController().signal,
    });
    await archiver.sendReport(result);
    return result;
  });
}

async function archiveDurably(
  config: Config,
  archiver: ComposedArchiver,
  request: DatedNightRequest,
): Promise<number> {
  await using opened = new AsyncDisposableStack();
  const run = createRun(new AbortController().signal, opened);
  const { client, taskQueue } = await openNightService(run, config, archiver);
  return await timeUntilDone(async () => awaitNight(client, await startNight(client, taskQueue, request)));
}

async function timeUntilDone(archive: () => Promise<NightResult>): Promise<number> {
  const startedAt = performance.now();
  const result = await archive();
  if (!nightSucceeded(result)) throw new Error('the night did not archive all of its tables');
  return (performance.now() - startedAt) / 1000;
}
