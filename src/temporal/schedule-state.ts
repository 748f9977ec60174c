import { type Client, type ScheduleDescription, WorkflowFailedError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { readFailure } from './failure-mapping.ts';
import { onSchedule, readScheduledRequest, type ScheduledRequest } from './schedule.ts';
import { isWorked } from './worker-presence.ts';

/** What is known of a schedule. JSON-safe. */
export type ScheduleState = {
  readonly scheduleId: string;
  /** `hh:mm`, UTC; undefined where another program made the schedule. */
  readonly at: string | undefined;
  /** Undefined where another program made the schedule. */
  readonly request: ScheduledRequest | undefined;
  readonly paused: boolean;
  readonly note?: string;
  /** False where no worker takes its nights. */
  readonly worked: boolean;
  /** ISO instants. */
  readonly nextNights: readonly string[];
  /** Oldest first. */
  readonly recentNights: readonly RecentNight[];
  /** Nights that never ran because the server was down for longer than the catch-up window. */
  readonly missed: number;
  /** Nights that never ran because the one before was still running. */
  readonly skipped: number;
};

export type RecentNight = {
  /** ISO instant. */
  readonly dueAt: string;
  readonly workflowId: string;
  /** Temporal's word, in lower case; `forgotten` where the server no longer keeps the night. */
  readonly status: string;
  /** What a failed night left out, or why it has no result. */
  readonly failure?: string;
};

/** When nights are due, ran, and were missed. Error: `configuration` where there is no schedule for the set. */
export async function describeSchedule(client: Client, scheduleId: string): Promise<ScheduleState> {
  const description = await onSchedule(client, scheduleId, (handle) => handle.describe());
  const { state, info, action } = description;
  const recentNights = info.recentActions.map(({ scheduledAt, action: { workflow } }) =>
    readNight(client, workflow.workflowId, workflow.firstExecutionRunId, scheduledAt),
  );
  return {
    scheduleId,
    at: timeOf(description),
    request: readScheduledRequest(action),
    paused: state.paused,
    ...(state.note === undefined || state.note === '' ? {} : { note: state.note }),
    worked: await isWorked(client, action.taskQueue),
    nextNights: info.nextActionTimes.map((time) => time.toISOString()),
    recentNights: await Promise.all(recentNights),
    missed: info.numActionsMissedCatchupWindow,
    skipped: info.numActionsSkippedOverlap,
  };
}

function timeOf({ spec }: ScheduleDescription): string | undefined {
  const [calendar] = spec.calendars ?? [];
  const [hour] = calendar?.hour ?? [];
  const [minute] = calendar?.minute ?? [];
  if (hour === undefined || minute === undefined) return undefined;
  return [hour, minute].map(({ start }) => String(start).padStart(2, '0')).join(':');
}

async function readNight(client: Client, workflowId: string, runId: string, due: Date): Promise<RecentNight> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const night = { dueAt: due.toISOString(), workflowId };
  try {
    const { status } = await handle.describe();
    if (status.name !== 'FAILED') return { ...night, status: status.name.toLowerCase() };
    await handle.result();
    return { ...night, status: 'completed' };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { ...night, status: 'forgotten' };
    if (!(error instanceof WorkflowFailedError)) throw error;
    return { ...night, status: 'failed', failure: readFailure(error.cause).message };
  }
}
