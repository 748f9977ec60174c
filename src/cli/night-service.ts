import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { createActivities } from '../../activities/archive-activities.ts';
import type { Archiver } from '../archive/archiver.ts';
import { type Config, requireSource } from '../config.ts';
import { createLogger } from '../logger.ts';
import { connectClient, connectWorker } from '../temporal/connection.ts';
import { type OpenServer, openServer } from '../temporal/open-server.ts';
import { installRuntime } from '../temporal/runtime.ts';
import { createNightWorker } from '../temporal/worker.ts';

/** A Temporal server with a client on it and, where asked for, a worker in this process. */
export type NightService = {
  readonly client: Client;
  readonly taskQueue: string;
  readonly server: OpenServer;
  /** Rejects when the worker breaks; never resolves before `close`. */
  readonly working: Promise<void>;
  /** Lets running tables end or stop, then stops what this process started. */
  close(): Promise<void>;
};

/** Finds or starts a server and connects a client. `tell` is told about steps that take long. */
export async function openClient(
  config: Config,
  tell: (line: string) => void,
): Promise<Pick<NightService, 'client' | 'taskQueue' | 'server'>> {
  const { address, namespace, cliPath, searchPath } = config.temporal;
  installRuntime(createLogger({ level: config.logLevel }));
  const server = await openServer({
    namespace,
    searchPath,
    stateFolder: config.stateFolder,
    cacheFolder: config.cacheFolder,
    tell,
    ...(address === undefined ? {} : { address }),
    ...(cliPath === undefined ? {} : { cliPath }),
  });
  const client = await connectClient(server.address, namespace);
  return { client, server, taskQueue: taskQueueOf(config) };
}

/** As `openClient`, with a worker of this process beside it. */
export async function openNightService(
  config: Config,
  archiver: Archiver,
  tell: (line: string) => void,
): Promise<NightService> {
  const { client, server, taskQueue } = await openClient(config, tell);
  const connection = await connectWorker(server.address);
  const { namespace } = config.temporal;
  const worker = await createNightWorker({
    connection,
    namespace,
    taskQueue,
    tableConcurrency: config.tableConcurrency,
    activities: createActivities(archiver, {
      namespace,
      ...(server.uiUrl === undefined ? {} : { uiUrl: server.uiUrl }),
    }),
  });
  const working = worker.run();
  return {
    client,
    server,
    taskQueue,
    working,
    async close() {
      worker.shutdown();
      await working.catch(() => undefined);
      await connection.close();
      await client.connection.close();
      await server.stop();
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
