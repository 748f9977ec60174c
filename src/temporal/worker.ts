import { type NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import type { ArchiveActivities } from '../../activities/archive-activities.ts';
import { quickestBeat } from './quickest-beat.ts';
import { tablesTaskQueue } from './task-queues.ts';
import { bundleWorkflows } from './workflow-bundle.ts';

export type NightWorkerOptions = {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly activities: ArchiveActivities;
  /** Tables that are under way in this process at the same time, over all nights. */
  readonly tableConcurrency: number;
  /** Prebuilt workflow code; bundled at the start otherwise, which takes 2 s. */
  readonly workflowBundle?: WorkflowBundleOption;
  /** Milliseconds that running exports get to end by themselves at shutdown. */
  readonly shutdownGrace?: number;
  readonly identity?: string;
};

/** Runs nights: one worker for workflows and light steps, one with few slots for table exports. */
export type NightWorker = {
  /** Works until `shutdown`; rejects when the workers break. */
  run(): Promise<void>;
  /** Takes no new work; what runs gets the grace, is then told to stop, and is retried by the next worker. */
  shutdown(): void;
};

/** Holders of snapshots sit here for whole nights: many must fit. */
const lightSlots = 50;

const defaultGrace = 10_000;
/** After the grace and this, an export that ignores its signal is abandoned. */
const forceAfter = 30_000;

/** Connects both workers; they poll once `run` is called. */
export async function createNightWorker(options: NightWorkerOptions): Promise<NightWorker> {
  const { connection, namespace, taskQueue, tableConcurrency } = options;
  const { archiveTable, drillNight, ...lightSteps } = options.activities;
  const grace = options.shutdownGrace ?? defaultGrace;
  const shared = {
    connection,
    namespace,
    ...(options.identity === undefined ? {} : { identity: options.identity }),
    shutdownGraceTime: grace,
    shutdownForceTime: grace + forceAfter,
    maxHeartbeatThrottleInterval: quickestBeat,
  } as const;
  const night = await Worker.create({
    ...shared,
    taskQueue,
    activities: lightSteps,
    workflowBundle: options.workflowBundle ?? (await bundleWorkflows()),
    maxConcurrentActivityTaskExecutions: lightSlots,
    stickyQueueScheduleToStartTimeout: '2 seconds',
    // A bug in workflow code ends the night with its message instead of hanging it.
    workflowFailureErrorTypes: { '*': ['Error'] },
  });
  const tables = await Worker.create({
    ...shared,
    taskQueue: tablesTaskQueue(taskQueue),
    activities: { archiveTable, drillNight },
    maxConcurrentActivityTaskExecutions: tableConcurrency,
  });
  return runTogether([night, tables]);
}

/** Either worker that ends takes the other with it. */
function runTogether(workers: readonly Worker[]): NightWorker {
  const shutdown = (): void => {
    for (const worker of workers) {
      if (worker.getState() === 'RUNNING') worker.shutdown();
    }
  };
  return {
    shutdown,
    async run() {
      const runs = workers.map((worker) => worker.run().finally(shutdown));
      const ends = await Promise.allSettled(runs);
      const broken = ends.find((end) => end.status === 'rejected');
      if (broken !== undefined) throw broken.reason;
    },
  };
}
