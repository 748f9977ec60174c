import type { Client } from '@temporalio/client';

/** TASK_QUEUE_TYPE_WORKFLOW of the server's API. */
const workflowQueue = 1;

/** A worker asks anew at least once a minute; the server remembers one that went away for five. */
const seenWithinMs = 90_000;

/** Whether a worker asks for the nights of this queue. */
export async function isWorked(client: Client, taskQueue: string): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: workflowQueue,
  });
  return pollers.some(
    ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < seenWithinMs,
  );
}
