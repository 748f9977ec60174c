import { parentPort } from 'node:worker_threads';
import { PermafrostError } from '../errors.ts';
import { describeSource } from '../postgres/connection-settings.ts';
import { openSession, type Session } from '../postgres/session.ts';
import { importSnapshot } from '../postgres/snapshot-transaction.ts';
import { openStore } from '../storage/open-store.ts';
import type { FromExportThread, ToExportThread } from './export-message.ts';
import type { ExportRequest } from './export-request.ts';
import { exportTable } from './export-table.ts';

/**
 * Entry of an export thread: one stream at a time, from the socket to the stored Parquet file, so that no batch ever
 * crosses threads and the main thread stays free. The snapshot transaction is kept for the next table of the night and
 * ended when the thread has been idle, because an open snapshot holds back vacuum in the source.
 */
const IDLE_MS = 2_000;

/** The stream tells its progress far more often than anyone looks. */
const PROGRESS_MS = 250;

type OpenSnapshot = { readonly key: string; readonly session: Session };

const port = parentPort;
if (port === null) throw new Error('export-thread.ts is a worker thread, not a program');

let open: OpenSnapshot | undefined;
let idle: NodeJS.Timeout | undefined;
let running: { readonly id: number; readonly abort: AbortController } | undefined;

port.on('message', (message: ToExportThread) => {
  if (message.kind === 'export') void run(message.id, message.request);
  else if (message.kind === 'cancel' && running?.id === message.id) running.abort.abort();
});

async function run(id: number, request: ExportRequest): Promise<void> {
  const abort = new AbortController();
  running = { id, abort };
  clearTimeout(idle);
  try {
    const session = await sessionFor(request);
    const outcome = await exportTable(request, {
      session,
      store: openStore(request.store),
      signal: abort.signal,
      onProgress: throttle((rows, bytes) => send({ kind: 'progress', id, rows, bytes })),
    });
    // A stopped COPY leaves the transaction aborted: the next table needs a new one.
    if (outcome.kind !== 'exported') await closeSession();
    send({ kind: 'done', id, outcome });
  } catch (error) {
    await closeSession();
    send({ kind: 'failed', id, ...describeError(error) });
  } finally {
    running = undefined;
    idle = setTimeout(() => void closeSession(), IDLE_MS);
  }
}

async function sessionFor(request: ExportRequest): Promise<Session> {
  const key = `${describeSource(request.connection)} ${request.snapshot.snapshotId} ${request.snapshot.fingerprint}`;
  if (open?.key === key) return open.session;
  await closeSession();
  const session = await openSession(request.connection, { applicationName: 'permafrost export' });
  open = { key, session };
  await importSnapshot(session, request.snapshot);
  return session;
}

async function closeSession(): Promise<void> {
  const closing = open;
  open = undefined;
  await closing?.session.close();
}

/** The message of an error that is not ours may quote a row: its kind and its place have to do. */
function describeError(error: unknown) {
  if (error instanceof PermafrostError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.cure === undefined ? {} : { cure: error.cure }),
    };
  }
  const name = error instanceof Error ? error.constructor.name : typeof error;
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  return {
    code: 'unexpected' as const,
    message: `an unforeseen ${name} ended the export`,
    frames: lines.filter((line) => /^\s+at /.test(line)).join('\n'),
  };
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
