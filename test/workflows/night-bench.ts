import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { createActivities } from '../../activities/archive-activities.ts';
import type { Archiver, DatedNightRequest } from '../../src/archive/archiver.ts';
import { createLogger } from '../../src/logger.ts';
import { connectClient, connectWorker } from '../../src/temporal/connection.ts';
import { installRuntime } from '../../src/temporal/runtime.ts';
import { createNightWorker } from '../../src/temporal/worker.ts';

/** A client and one night worker over an archiver, on a task queue of its own at a real server. */
export type NightBench = {
  readonly client: Client;
  readonly taskQueue: string;
  /** A request whose set no other bench uses. */
  readonly request: DatedNightRequest;
};

export type BenchServer = {
  readonly address: string;
  readonly workflowBundle: WorkflowBundleOption;
  /** The queue of another worker, to take over from it; a new one otherwise. */
  readonly taskQueue?: string;
};

/** A date that is past on every machine. */
export const night = '2024-11-20';

/** Runs `body` beside a worker, and stops the worker after it, whatever happened. */
export async function withNightBench<T>(
  { address, workflowBundle, taskQueue = `test-${randomUUID()}` }: BenchServer,
  archiver: Archiver,
  body: (bench: NightBench) => Promise<T>,
): Promise<T> {
  installRuntime(createLogger({ level: 'silent' }));
  const client = await connectClient(address, 'default');
  const connection = await connectWorker(address);
  const worker = await createNightWorker({
    connection,
    namespace: 'default',
    taskQueue,
    activities: createActivities(archiver, { namespace: 'default', uiUrl: 'http://127.0.0.1:8233' }),
    tableConcurrency: 10,
    workflowBundle,
    shutdownGrace: 0,
    identity: 'test-worker',
  });
  const running = worker.run();
  try {
    return await body({
      client,
      taskQueue,
      request: { night, set: `set-${randomUUID().slice(0, 8)}`, tables: [] },
    });
  } finally {
    worker.shutdown();
    await running;
    await connection.close();
    await client.connection.close();
  }
}
