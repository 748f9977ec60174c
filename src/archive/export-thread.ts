import { parentPort } from 'node:worker_threads';
import { assertNever } from '../errors.ts';
import { describeSource } from '../postgres/connection-settings.ts';
import type { Session } from '../postgres/session.ts';
import { openUnderSnapshot } from '../postgres/snapshot-transaction.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { openStore } from '../storage/open-store.ts';
import type { FromExportThread, ToExportThread } from './export-message.ts';
import type { ExportRequest } from './export-request.ts';
import { exportTable, type TableLock } from './export-table.ts';
import { describeThreadError } from './thread-error.ts';

/**
 * Entry of an export thread: one stream at a time, from the socket to the stored Parquet file, so that no batch ever
 * crosses threads and the main thread stays free. The snapshot transaction is kept for the next table of the night, and
 * with it the store, which knows what folders it has made. It is ended when the thread has been idle, because an open
 * snapshot holds back vacuum in the source.
 */
const IDLE_MS = 2_000;

/** The stream tells its progress far more often than anyone looks. */
const PROGRESS_MS = 250;

type OpenSnapshot = {
  readonly key: string;
  readonly session: Session;
  readonly lock: TableLock;
  readonly store: ObjectStore;
};

const port = parentPort;
if (port === null) throw new Error('export-thread.ts is a worker thread, not a program');

let open: OpenSnapshot | undefined;
let idle: NodeJS.Timeout | undefined;
let running: { readonly id: number; readonly abort: AbortController; ended: Promise<void> } | undefined;

port.on('message', (message: ToExportThread) => {
  switch (message.kind) {
    case 'export':
      start(message.id, message.request);
      break;
    case 'cancel':
      if (running?.id === message.id) running.abort.abort();
      break;
    case 'close':
      void close();
      break;
    default:
      assertNever(message);
  }
});

function start(id: number, request: ExportRequest): void {
  const abort = new AbortController();
  running = { id, abort, ended: run(id, request, abort.signal) };
}

async function run(id: number, request: ExportRequest, signal: AbortSignal): Promise<void> {
  clearTimeout(idle);
  try {
    const { session, lock, store } = await snapshotFor(request, signal);
    const outcome = await exportTable(request, {
      session,
      lock,
      store,
      signal,
      onProgress: throttle((rows, bytes) => send({ kind: 'progress', id, rows, bytes })),
    });
    // A stopped COPY leaves the transaction aborted: the next table needs a new one.
    if (outcome.kind !== 'exported') await closeSession();
    send({ kind: 'done', id, outcome });
  } catch (error) {
    await closeSession();
    send({ kind: 'failed', id, ...describeThreadError(error, 'export') });
  } finally {
    running = undefined;
    idle = setTimeout(() => void closeSession(), IDLE_MS);
  }
}

async function snapshotFor(request: ExportRequest, signal: AbortSignal): Promise<OpenSnapshot> {
  const { connection, snapshot, store } = request;
  const key = `${describeSource(connection)} ${snapshot.snapshotId} ${snapshot.fingerprint} ${store.folder}`;
  if (open?.key === key) return open;
  await closeSession();
  const session = await openUnderSnapshot(connection, snapshot, {
    applicationName: 'permafrost export',
    signal,
  });
  open = { key, session, lock: { held: undefined }, store: openStore(store) };
  return open;
}

/** The server takes a session that is merely cut for a client that crashed. */
async function close(): Promise<void> {
  running?.abort.abort();
  await running?.ended;
  clearTimeout(idle);
  await closeSession();
  port?.close();
}

async function closeSession(): Promise<void> {
  const closing = open;
  open = undefined;
  await closing?.session.close();
}

function throttle(tell: (rows: number, bytes: number) => void): (rows: number, bytes: number) => void {
  let toldAt = 0;
  return (rows, bytes) => {
    if (performance.now() - toldAt < PROGRESS_MS) return;
    toldAt = performance.now();
    tell(rows, bytes);
  };
}

function send(message: FromExportThread): void {
  port?.postMessage(message);
}
