import { parentPort } from 'node:worker_threads';
import { assertNever } from '../errors.ts';
import { describeThreadError } from '../archive/thread-error.ts';
import { openStore } from '../storage/open-store.ts';
import { restoreDatabase } from './restore-database.ts';
import { restoreFolder } from './restore-folder.ts';
import type { FromRestoreThread, Restore, RestoreRequest, ToRestoreThread } from './restore-message.ts';
import type { RestoreWatcher } from './restored-table.ts';

/**
 * Entry of a restore thread: one restore from the data files to the database, so that the main thread stays free while
 * rows are decoded. It ends with the restore.
 */
const PROGRESS_MS = 250;

const port = parentPort;
if (port === null) throw new Error('restore-thread.ts is a worker thread, not a program');

const stop = new AbortController();
port.on('message', (message: ToRestoreThread) => {
  switch (message.kind) {
    case 'restore':
      void run(message.request);
      break;
    case 'cancel':
      stop.abort();
      break;
    default:
      assertNever(message);
  }
});

let toldAt = 0;
const watch: RestoreWatcher = {
  progressed({ schema, name }, rows) {
    if (performance.now() - toldAt < PROGRESS_MS) return;
    toldAt = performance.now();
    send({ kind: 'progress', schema, name, rows });
  },
  restored: (table) => send({ kind: 'restored', table }),
};

async function run(request: RestoreRequest): Promise<void> {
  try {
    send({ kind: 'done', restore: await restore(request) });
  } catch (error) {
    send({ kind: 'failed', ...describeThreadError(error, 'restore') });
  } finally {
    port?.close();
  }
}

async function restore({ tables, store, into }: RestoreRequest): Promise<Restore> {
  const opened = openStore(store);
  const context = { signal: stop.signal, watch };
  switch (into.kind) {
    case 'database':
      return restoreDatabase(tables, opened, { ...into, ...context });
    case 'folder':
      return restoreFolder(tables, opened, { ...into, ...context });
    default:
      return assertNever(into);
  }
}

function send(message: FromRestoreThread): void {
  port?.postMessage(message);
}
