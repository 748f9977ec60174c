/** Where a worker takes workflows and light activities from, unless told otherwise. */
export const defaultTaskQueue = 'permafrost';

/**
 * What tells the nights of one source and lake from those of others on the same server: the last part of their queue's
 * name. Workflow and schedule ids end with it.
 */
export function seriesOf(taskQueue: string): string {
  return taskQueue.slice(taskQueue.lastIndexOf('-') + 1);
}

/**
 * The queue of table exports. It is apart from the queue of the night itself, so that a worker bounds how many tables it
 * reads at once, and no export keeps a snapshot holder or a report waiting.
 */
export function tablesTaskQueue(taskQueue: string): string {
  return `${taskQueue}-tables`;
}
