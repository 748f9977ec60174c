import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { TableProgress } from '../archive/night.ts';
import { progressQuery, tableActivityId } from './night-messages.ts';
import type { NightProgress } from './night-progress.ts';
import type { StartedNight } from './start-night.ts';

/** A night as it stands now, with what only the running activities know. */
export type LiveNight = NightProgress & {
  /** Stage, rows and bytes so far, by `schema.name`. A hint: some seconds old. */
  readonly running: Readonly<Record<string, TableProgress>>;
  /** What is being tried again, and why the last attempt failed. */
  readonly retrying: readonly {
    readonly activity: string;
    readonly attempt: number;
    readonly failure: string;
  }[];
};

/** Reads progress from the workflow and from its pending activities. Needs a worker that is up. */
export async function readNight(client: Client, night: StartedNight): Promise<LiveNight> {
  const handle = client.workflow.getHandle(night.workflowId, night.runId);
  const [progress, { raw }] = await Promise.all([handle.query(progressQuery), handle.describe()]);
  const pending = raw.pendingActivities ?? [];
  const running: Record<string, TableProgress> = {};
  for (const { table } of progress.tables) {
    const id = tableActivityId(table, progress.night);
    const payload = pending.find((activity) => activity.activityId === id)?.heartbeatDetails?.payloads?.[0];
    const beat: unknown = payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload);
    if (isTableProgress(beat)) running[table] = beat;
  }
  const retrying = pending.flatMap(({ activityId, attempt, lastFailure }) => {
    const failure = lastFailure?.message;
    return failure ? [{ activity: activityId ?? '', attempt: attempt ?? 1, failure }] : [];
  });
  return { ...progress, running, retrying };
}

function isTableProgress(beat: unknown): beat is TableProgress {
  return (
    typeof beat === 'object' &&
    beat !== null &&
    'stage' in beat &&
    'rows' in beat &&
    'bytes' in beat &&
    typeof beat.rows === 'number' &&
    typeof beat.bytes === 'number'
  );
}
