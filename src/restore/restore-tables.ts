import { Worker } from 'node:worker_threads';
import { fromThreadError } from '../archive/thread-error.ts';
import { PermafrostError } from '../errors.ts';
import type { FromRestoreThread, Restore, RestoreRequest, ToRestoreThread } from './restore-message.ts';
import type { RestoreWatcher } from './restored-table.ts';

/**
 * Restores tables in a thread of its own: decoding keeps a processor busy, and whoever waits must stay able to hear an
 * interrupt. Errors: those of restoreDatabase and restoreFolder.
 */
export function restoreTables(
  request: RestoreRequest,
  { signal, watch }: { readonly signal: AbortSignal; readonly watch: RestoreWatcher },
): Promise<Restore> {
  if (signal.aborted) return Promise.reject(new PermafrostError('cancelled', 'the restore was stopped'));
  const worker = new Worker(new URL('./restore-thread.ts', import.meta.url));
  const onAbort = () => post(worker, { kind: 'cancel' });
  signal.addEventListener('abort', onAbort, { once: true });
  return new Promise<Restore>((resolve, reject) => {
    worker.on('message', (message: FromRestoreThread) => {
      if (message.kind === 'progress') watch.progressed(message, message.rows);
      else if (message.kind === 'restored') watch.restored(message.table);
      else if (message.kind === 'done') resolve(message.restore);
      else reject(fromThreadError(message));
    });
    worker.on('error', (cause) => reject(threadEnded(cause)));
    worker.on('exit', () => reject(threadEnded()));
    post(worker, { kind: 'restore', request });
  }).finally(() => signal.removeEventListener('abort', onAbort));
}

function post(worker: Worker, message: ToRestoreThread): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage(message);
}

function threadEnded(cause?: unknown): PermafrostError {
  return new PermafrostError('unexpected', 'the restore thread ended before the tables were restored', {
    cause,
  });
}
