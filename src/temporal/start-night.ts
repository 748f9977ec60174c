import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { archiveNight } from '../../workflows/archive-night.ts';
import type { DatedNightRequest } from '../archive/archiver.ts';
import type { NightRequest, NightResult } from '../archive/night.ts';
import { PermafrostError } from '../errors.ts';
import { readFailure } from './failure-mapping.ts';
import { archiveNightType, nightIncomplete } from './night-messages.ts';
import { registerSearchAttributes } from './register-search-attributes.ts';
import { archiveSetKey } from './search-attributes.ts';
import { seriesOf } from './task-queues.ts';

/** A night that runs, whether this call or an earlier one started it. */
export type StartedNight = {
  readonly workflowId: string;
  readonly runId: string;
  /** True where the night was running already. */
  readonly attached: boolean;
};

/** `archive-<set>-<night>-<series>`: one manual run of a night at a time. */
export function nightWorkflowId(taskQueue: string, set: string, night: string): string {
  return `archive-${set}-${night}-${seriesOf(taskQueue)}`;
}

/**
 * Starts a night by hand; while it runs, starting it again attaches to it. Error: `configuration`, where the night that
 * runs was asked for other tables.
 */
export async function startNight(
  client: Client,
  taskQueue: string,
  request: DatedNightRequest,
): Promise<StartedNight> {
  const workflowId = nightWorkflowId(taskQueue, request.set, request.night);
  const labels = await searchAttributesOf(client, request.set);
  try {
    const handle = await client.workflow.start(archiveNightType, {
      workflowId,
      taskQueue,
      args: [request],
      memo: { request },
      staticSummary: `night ${request.night} of ${request.set}`,
      typedSearchAttributes: labels,
    });
    return { workflowId, runId: handle.firstExecutionRunId, attached: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return attach(client, workflowId, request);
  }
}

/**
 * Waits for the end of a night. A night that left something out is a result, not an error. Error: `cancelled`, or what
 * kept the night from having a result.
 */
export async function awaitNight(client: Client, night: StartedNight): Promise<NightResult> {
  const handle = client.workflow.getHandle<typeof archiveNight>(night.workflowId, night.runId);
  try {
    return await handle.result();
  } catch (error) {
    return resultOf(error);
  }
}

/** Asks a night to stop: exports end, the snapshot is let go, the report says what is missing. */
export async function cancelNight(client: Client, night: StartedNight): Promise<void> {
  await client.workflow.getHandle(night.workflowId, night.runId).cancel();
}

/** Labels for the start of a night; none where the server does not know them. */
export async function searchAttributesOf(
  client: Client,
  set: string,
): Promise<{ key: typeof archiveSetKey; value: string }[]> {
  const registered = await registerSearchAttributes(client);
  return registered ? [{ key: archiveSetKey, value: set }] : [];
}

async function attach(client: Client, workflowId: string, request: DatedNightRequest): Promise<StartedNight> {
  const { memo, runId } = await client.workflow.getHandle(workflowId).describe();
  if (!asksForSame(memo?.['request'], request)) {
    throw new PermafrostError('configuration', `${workflowId} is running already, for other tables`, {
      cure: 'wait until it has ended, then start again',
    });
  }
  return { workflowId, runId, attached: true };
}

function asksForSame(running: unknown, request: NightRequest): boolean {
  if (typeof running !== 'object' || running === null || !('tables' in running)) return false;
  if (!Array.isArray(running.tables)) return false;
  const wanted = new Set(request.tables);
  return (
    running.tables.length === wanted.size && running.tables.every((pattern) => wanted.has(String(pattern)))
  );
}

function resultOf(error: unknown): NightResult {
  if (!(error instanceof WorkflowFailedError)) throw error;
  const { cause } = error;
  if (cause instanceof ApplicationFailure && cause.type === nightIncomplete) {
    const result: unknown = cause.details?.[0];
    if (isNightResult(result)) return result;
  }
  if (cause instanceof CancelledFailure) {
    throw new PermafrostError('cancelled', 'the night was cancelled', {
      cure: 'archive it again; tables that were committed stay',
    });
  }
  const { code, message, cure } = readFailure(cause);
  throw new PermafrostError(code, message, cure === undefined ? {} : { cure });
}

function isNightResult(value: unknown): value is NightResult {
  return typeof value === 'object' && value !== null && 'night' in value && 'tables' in value;
}
