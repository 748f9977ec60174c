import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { createActivities } from '../../activities/archive-activities.ts';
import type { Archiver } from '../archive/archiver.ts';
import { type Config, requireSource, tablesUnderWay } from '../config.ts';
import { createLogger } from '../logger.ts';
import { connectClient, connectWorker } from '../temporal/connection.ts';
import { type OpenServer, openServer } from '../temporal/open-server.ts';
import { installRuntime } from '../temporal/runtime.ts';
import { createNightWorker, type NightWorker } from '../temporal/worker.ts';
import { bundleOnce } from '../temporal/workflow-bundle.ts';
import type { InterruptibleRun } from './interruptible.ts';
import { complain } from './terminal.ts';

/** A Temporal server and a client on it. */
export type NightClient = {
  readonly client: Client;
  readonly taskQueue: string;
  readonly server: OpenServer;
};

/** As `NightClient`, with a worker in this process. */
export type NightService = NightClient & {
  /** Rejects when the worker breaks; never resolves before it is closed. */
  readonly working: Promise<void>;
};

/** Finds or starts a server and connects a client, both for as long as the run lasts. */
export async function openClient(run: InterruptibleRun, config: Config): Promise<NightClient> {
  const { address, namespace, cliPath, searchPath } = config.temporal;
  installRuntime(createLogger({ level: config.logLevel }));
  const search = {
    namespace,
    searchPath,
    stateFolder: config.stateFolder,
    cacheFolder: config.cacheFolder,
    tell: complain,
    ...(address === undefined ? {} : { address }),
    ...(cliPath === undefined ? {} : { cliPath }),
  };
  const server = await run.open(
    () => openServer(search),
    (opened) => opened.stop(),
  );
  const client = await run.open(
    () => connectClient(server.address, namespace),
    (opened) => opened.connection.close(),
  );
  return { client, server, taskQueue: taskQueueOf(config) };
}

/** As `openClient`, with a worker beside it; at its end, running tables end or stop first. */
export async function openNightService(
  run: InterruptibleRun,
  config: Config,
  archiver: Archiver,
): Promise<NightService> {
  const nightClient = await openClient(run, config);
  const { server, taskQueue } = nightClient;
  const { namespace } = config.temporal;
  const connection = await run.open(
    () => connectWorker(server.address),
    (opened) => opened.close(),
  );
  const activities = createActivities(archiver, {
    namespace,
    ...(server.uiUrl === undefined ? {} : { uiUrl: server.uiUrl }),
  });
  const { working } = await run.open(
    async () =>
      startWorker(
        await createNightWorker({
          connection,
          namespace,
          taskQueue,
          tableConcurrency: tablesUnderWay(config),
          workflowBundle: await bundleOnce(config.cacheFolder),
          activities,
        }),
      ),
    (opened) => opened.stop(),
  );
  return { ...nightClient, working };
}

/** A worker that was made holds its connection until it has run: it runs at once, so that it can be stopped. */
function startWorker(worker: NightWorker): { readonly working: Promise<void>; stop(): Promise<void> } {
  const working = worker.run();
  // Whoever waits for the worker is told; nobody may be waiting yet when it breaks.
  const over = working.catch(() => undefined);
  return {
    working,
    stop() {
      worker.shutdown();
      return over;
    },
  };
}

/**
 * The queue of this database and lake. A worker must never take the tables of another database or write to another
 * lake, even where many share one Temporal server; where the database listens may change.
 */
function taskQueueOf(config: Config): string {
  const { lake } = config;
  const identity = JSON.stringify([requireSource(config).database, lake.kind, lake.folder]);
  return `permafrost-${createHash('sha256').update(identity).digest('hex').slice(0, 8)}`;
}
