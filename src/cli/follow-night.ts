import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { DatedNightRequest } from '../archive/archiver.ts';
import type { NightResult } from '../archive/night.ts';
import { PermafrostError } from '../errors.ts';
import { reportActivityId } from '../temporal/night-messages.ts';
import { awaitNight, cancelNight, type StartedNight, startNight } from '../temporal/start-night.ts';
import { workflowUrl } from '../temporal/ui-links.ts';
import { type LiveNight, readNight } from '../temporal/watch-night.ts';
import { interrupted } from './interruptible.ts';
import type { NightService } from './night-service.ts';
import { createProgressView, standingOf } from './progress-view.ts';
import { complain } from './terminal.ts';

const LOOK_MS = 500;
/** What a server that is down may take from the end of a command. */
const LAST_CALL_MS = 5_000;

/**
 * Starts a night, or attaches to it where it runs already, shows its progress and waits for its end. The signal, however
 * early it aborts, cancels the night. Error: `cancelled`, or what kept the night from having a result.
 */
export async function followNight(
  service: NightService,
  request: DatedNightRequest,
  signal: AbortSignal,
): Promise<NightResult> {
  const { client, server } = service;
  if (signal.aborted) throw interrupted();
  const night = await startNight(client, service.taskQueue, request);
  complain(`${night.attached ? 'attached to' : 'started'} ${night.workflowId}`);
  if (server.uiUrl !== undefined)
    complain(`  ${workflowUrl(server.uiUrl, server.namespace, night.workflowId)}`);

  const ended = new AbortController();
  const watching = watchNight(client, night, ended.signal);
  try {
    return await Promise.race([
      awaitNight(client, night),
      service.working.then(() => Promise.reject(workerEnded())),
      cancelWith(signal, client, night, ended.signal),
    ]);
  } finally {
    ended.abort();
    await watching;
  }
}

/** Cancels the night when the signal aborts. Settles only where that fails. Error: `cancelled`. */
function cancelWith(
  signal: AbortSignal,
  client: Client,
  night: StartedNight,
  ended: AbortSignal,
): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const cancel = (): void => {
    client
      .withDeadline(Date.now() + LAST_CALL_MS, () => cancelNight(client, night))
      .catch((cause: unknown) => reject(notCancelled(night, cause)));
  };
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true, signal: ended });
  return promise;
}

/** A look that fails is tried again: the night itself is what counts. */
async function watchNight(client: Client, night: StartedNight, ended: AbortSignal): Promise<void> {
  const view = createProgressView();
  let told = false;
  const show = (live: LiveNight): void => {
    view.show(standingOf(live));
    const mail = live.retrying.find(({ activity }) => activity === reportActivityId);
    if (mail === undefined || told) return;
    told = true;
    view.end();
    complain(`the tables are through; the mail is tried again, which Ctrl-C ends: ${mail.failure}`);
  };
  const look = () => readNight(client, night).then(show, () => undefined);
  while (!ended.aborted) {
    await client.withAbortSignal(ended, look);
    await sleep(LOOK_MS, undefined, { signal: ended }).catch(() => undefined);
  }
  await client.withDeadline(Date.now() + LAST_CALL_MS, look);
  view.end();
}

function notCancelled(night: StartedNight, cause: unknown): PermafrostError {
  return new PermafrostError(
    'cancelled',
    `interrupted, but Temporal did not take the cancellation of ${night.workflowId}`,
    {
      cure: 'cancel it on the server, or else a worker goes on with it once both are up',
      cause,
    },
  );
}

function workerEnded(): Error {
  return new Error('the worker of this process ended before the night');
}
