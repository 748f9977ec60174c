import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { z } from 'zod';
import type { NightRequest } from '../archive/night.ts';
import { PermafrostError } from '../errors.ts';
import { archiveNightType } from './night-messages.ts';
import { searchAttributesOf } from './start-night.ts';
import { seriesOf } from './task-queues.ts';

export type NightSchedule = {
  readonly taskQueue: string;
  /** What every night archives; the run date comes from the schedule. */
  readonly request: Omit<NightRequest, 'night' | 'late'>;
  /** When a night is due, in UTC: every date has each time exactly once. */
  readonly hour: number;
  readonly minute: number;
};

/** How late a night may start after an outage of the server. */
const catchupWindow = '12 hours';

/** `archive-<set>-<series>`; the server adds the time to the workflow ids of its nights. */
export function scheduleIdOf(taskQueue: string, set: string): string {
  return `archive-${set}-${seriesOf(taskQueue)}`;
}

/**
 * Creates the schedule, or brings it up to date; a pause that a person made stays. A set has one schedule in a lake.
 * Error: `configuration` where it would freeze other tables from then on: what it froze before would be missed in silence.
 */
export async function applySchedule(client: Client, schedule: NightSchedule): Promise<'created' | 'updated'> {
  const scheduleId = scheduleIdOf(schedule.taskQueue, schedule.request.set);
  const { spec, action, policies } = await describeNights(client, schedule);
  try {
    await client.schedule.create({ scheduleId, spec, action, policies });
    return 'created';
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update(({ state, action: before }) => {
      refuseOtherTables(scheduleId, before, schedule.request);
      return { spec, action, policies, state };
    });
    return 'updated';
  }
}

function refuseOtherTables(
  scheduleId: string,
  action: ScheduleDescription['action'],
  { tables }: NightSchedule['request'],
): void {
  const before = readScheduledRequest(action);
  if (before === undefined || tables.length === 0) return;
  const cure =
    'name all tables in one --tables, or take the schedule away first with permafrost schedule delete';
  if (before.tables.length === 0) {
    const message = `the schedule ${scheduleId} freezes the whole set ${before.set}, and would freeze only ${tables.join(', ')}`;
    throw new PermafrostError('configuration', message, { cure });
  }
  const dropped = before.tables.filter((pattern) => !tables.includes(pattern));
  if (dropped.length === 0) return;
  const message = `the schedule ${scheduleId} freezes ${before.tables.join(', ')}, and would no longer freeze ${dropped.join(', ')}`;
  throw new PermafrostError('configuration', message, { cure });
}

const scheduledRequest = z.object({
  set: z.string(),
  tables: z.array(z.string()),
  drill: z.boolean().optional(),
});

/** What each night of a schedule archives. */
export type ScheduledRequest = Readonly<z.infer<typeof scheduledRequest>>;

/** Undefined where another program made the schedule. */
export function readScheduledRequest({ args }: ScheduleDescription['action']): ScheduledRequest | undefined {
  return scheduledRequest.safeParse(args?.[0]).data;
}

/** No night starts until `unpauseSchedule`; one that runs goes on. */
export async function pauseSchedule(client: Client, scheduleId: string, note: string): Promise<void> {
  await onSchedule(client, scheduleId, (handle) => handle.pause(note));
}

/** Nights start again at the next time they are due. */
export async function unpauseSchedule(client: Client, scheduleId: string, note: string): Promise<void> {
  await onSchedule(client, scheduleId, (handle) => handle.unpause(note));
}

/** Starts a night now, with today as its run date; none where one is running. */
export async function triggerSchedule(client: Client, scheduleId: string): Promise<void> {
  await onSchedule(client, scheduleId, (handle) => handle.trigger(ScheduleOverlapPolicy.SKIP));
}

/** Removes the schedule; nights that ran or run are not touched. */
export async function deleteSchedule(client: Client, scheduleId: string): Promise<void> {
  await onSchedule(client, scheduleId, (handle) => handle.delete());
}

async function describeNights(
  client: Client,
  { taskQueue, request, hour, minute }: NightSchedule,
): Promise<Pick<ScheduleOptions, 'spec' | 'action' | 'policies'>> {
  const { set } = request;
  return {
    spec: { calendars: [{ hour, minute }], timezone: 'UTC' },
    action: {
      type: 'startWorkflow',
      workflowType: archiveNightType,
      workflowId: scheduleIdOf(taskQueue, set),
      taskQueue,
      args: [request],
      memo: { request },
      staticSummary: `night of ${set}`,
      typedSearchAttributes: await searchAttributesOf(client, set),
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow, pauseOnFailure: false },
  };
}

/** Does something with a schedule. Error: `configuration` where it is not there. */
export async function onSchedule<T>(
  client: Client,
  scheduleId: string,
  act: (handle: ReturnType<Client['schedule']['getHandle']>) => Promise<T>,
): Promise<T> {
  try {
    return await act(client.schedule.getHandle(scheduleId));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new PermafrostError('configuration', `there is no schedule ${scheduleId}`, {
      cure: 'create it with: permafrost schedule apply',
    });
  }
}
