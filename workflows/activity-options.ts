import { ActivityCancellationType, type ActivityOptions, workflowInfo } from '@temporalio/workflow';
import { type PlannedTable, tableLabel } from '../src/archive/night.ts';
import { codesWithRule } from '../src/retry-policy.ts';
import { holderActivityId, reportActivityId, tableActivityId } from '../src/temporal/night-messages.ts';
import { tablesTaskQueue } from '../src/temporal/task-queues.ts';

/*
 * The one place of activity options. Retries are bounded by time, not by attempts: a deploy spends an attempt without
 * anything being wrong. A code that is not worth a retry is marked so where the failure is made (failure-mapping.ts).
 */

/** How long the night waits for a snapshot to be exported, at its start and after the holder died. */
export const snapshotPatience = '1 hour';

/** Heartbeats come every half second at the least; a worker that is silent this long is taken for dead. */
const heartbeatTimeout = '15 seconds';

/** Pointless to repeat as they stand; the workflow asks again under a new snapshot. */
const lostWithSnapshot = codesWithRule('under-new-snapshot');

/**
 * Reads the catalog.
 */
export const planning: ActivityOptions = {
  activityId: 'plan',
  heartbeatTimeout,
  startToCloseTimeout: '15 minutes',
  scheduleToCloseTimeout: '1 hour',
  retry: {
    initialInterval: '2 seconds',
    maximumInterval: '1 minute',
    nonRetryableErrorTypes: lostWithSnapshot,
  },
};

/**
 * Runs as long as its snapshot is wanted and is stopped by the night. Retries make a new snapshot. The night ends with
 * the transaction closed: the holder hears of it with its next heartbeat, while the report is being sent.
 */
export function holdingSnapshot(number: number): ActivityOptions {
  return {
    activityId: holderActivityId(number),
    summary:
      number === 1
        ? 'one Postgres snapshot for the whole night'
        : 'a newer Postgres snapshot, for tables that changed',
    heartbeatTimeout,
    startToCloseTimeout: '30 days',
    scheduleToCloseTimeout: '30 days',
    retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  };
}

/**
 * One table, in the queue of table exports. A cancelled export is waited for, so that nothing writes to the lake after
 * the night has ended.
 */
export function archivingTable(table: PlannedTable, night: string, timeLimit: number): ActivityOptions {
  const label = tableLabel(table);
  return {
    activityId: tableActivityId(label, night),
    summary: `${label} ${night}`,
    taskQueue: tablesTaskQueue(workflowInfo().taskQueue),
    heartbeatTimeout,
    scheduleToCloseTimeout: timeLimit,
    retry: {
      initialInterval: '5 seconds',
      maximumInterval: '5 minutes',
      nonRetryableErrorTypes: lostWithSnapshot,
    },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  };
}

/** Restores tables of the night, in the queue of table exports: it works as hard. */
export function drilling(night: string): ActivityOptions {
  return {
    activityId: 'drill',
    summary: `restore tables of ${night}`,
    taskQueue: tablesTaskQueue(workflowInfo().taskQueue),
    heartbeatTimeout,
    scheduleToCloseTimeout: '12 hours',
    retry: { initialInterval: '10 seconds', maximumInterval: '5 minutes', maximumAttempts: 3 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  };
}

/** Mail; its failure never fails the archive. Where someone waits for the night, it is not tried for long. */
export function reporting(night: string, patience: '2 hours' | '1 minute'): ActivityOptions {
  return {
    activityId: reportActivityId,
    summary: `report ${night}`,
    startToCloseTimeout: '5 minutes',
    scheduleToCloseTimeout: patience,
    retry: { initialInterval: '5 seconds', maximumInterval: '10 minutes' },
  };
}

/** Writes the report into files, where the mail server did not take it. */
export function keepingReport(night: string): ActivityOptions {
  return {
    activityId: 'keep-report',
    summary: `report ${night}, into files`,
    startToCloseTimeout: '1 minute',
    scheduleToCloseTimeout: '1 minute',
    retry: { initialInterval: '2 seconds' },
  };
}
