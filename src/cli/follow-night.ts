import { setTimeout as sleep } from 'node:timers/promises';
import type { DatedNightRequest } from '../archive/archiver.ts';
import type { NightResult } from '../archive/night.ts';
import { awaitNight, cancelNight, startNight } from '../temporal/start-night.ts';
import { workflowUrl } from '../temporal/ui-links.ts';
import { readNight } from '../temporal/watch-night.ts';
import type { NightService } from './night-service.ts';
import { createProgressView, standingOf } from './progress-view.ts';
import { complain } from './terminal.ts';

const LOOK_MS = 500;

/** Starts a night, or attaches to it where it runs already, shows its progress and waits for its end. */
export async function followNight(
  service: NightService,
  request: DatedNightRequest,
  signal: AbortSignal,
): Promise<NightResult> {
  const { client, server } = service;
  const night = await startNight(client, service.taskQueue, request);
  complain(`${night.attached ? 'attached to' : 'started'} ${night.workflowId}`);
  if (server.uiUrl !== undefined) complain(`  ${workflowUrl(server.uiUrl, server.namespace, night.workflowId)}`);

  const stop = () => void cancelNight(client, night);
  signal.addEventListener('abort', stop, { once: true });
  const view = createProgressView();
  const ended = new AbortController();
  const watching = watch();
  try {
    return await Promise.race([awaitNight(client, night), service.working.then(() => Promise.reject(workerEnded()))]);
  } finally {
    signal.removeEventListener('abort', stop);
    ended.abort();
    await watching;
    view.end();
  }

  async function watch(): Promise<void> {
    while (!ended.signal.aborted) {
      // A look that fails is tried again: the night itself is what counts.
      await readNight(client, night).then(
        (live) => view.show(standingOf(live)),
        () => undefined,
      );
      await sleep(LOOK_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
    await readNight(client, night).then(
      (live) => view.show(standingOf(live)),
      () => undefined,
    );
  }
}

function workerEnded(): Error {
  return new Error('the worker of this process ended before the night');
}
