import { Context } from '@temporalio/activity';
import type { Archiver, ExportedSnapshot, HeldSnapshot } from '../src/archive/archiver.ts';
import { PermafrostError } from '../src/errors.ts';
import { snapshotExported } from '../src/temporal/night-messages.ts';
import { attentively, runStep } from './running-step.ts';

/**
 * Keeps the snapshot transaction of the night open until it is cancelled, and tells the night which snapshot it
 * exported. Fails with `snapshot-lost` when the session dies; the next attempt exports a new snapshot.
 */
export function createHoldSnapshot(archiver: Archiver) {
  return function holdSnapshot(): Promise<void> {
    return runStep(async ({ signal, attempt, report }) => {
      const held = await archiver.openSnapshot(signal);
      // Told below, after the signal; meanwhile nobody waits for it.
      held.lost.catch(() => undefined);
      try {
        report({ ...held.info });
        await tellNight(held.info, attempt);
        await lostOrStopped(held, signal);
      } finally {
        await held.close();
      }
    }, attentively);
  };
}

async function tellNight(snapshot: ExportedSnapshot, attempt: number): Promise<void> {
  const { client, info } = Context.current();
  const { workflowId, runId } = info.workflowExecution ?? {};
  const message = { ...snapshot, holder: info.activityId, attempt };
  if (workflowId === undefined)
    throw new PermafrostError('unexpected', 'a snapshot is held for a night only');
  try {
    await client.workflow.getHandle(workflowId, runId).signal(snapshotExported, message);
  } catch (cause) {
    throw new PermafrostError('temporal-unreachable', 'the night could not be told of its snapshot', {
      cause,
    });
  }
}

function lostOrStopped(held: HeldSnapshot, signal: AbortSignal): Promise<never> {
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new PermafrostError('cancelled', 'the snapshot is no longer needed'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  return Promise.race([held.lost, stopped]);
}
