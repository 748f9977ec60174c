import { Worker } from 'node:worker_threads';
import { PermafrostError } from '../errors.ts';
import type { FromExportThread, ToExportThread } from './export-message.ts';
import type { ExportOutcome, ExportRequest } from './export-request.ts';
import { fromThreadError } from './thread-error.ts';

/** Runs exports, each in a thread of its own; threads are kept warm from table to table. */
export interface ExportPool {
  /** Exports that run at the same time. */
  readonly size: number;
  /** Starts threads for as many exports, so that they are ready when these come. */
  warm(exports: number): void;
  /**
   * Waits for a free thread and streams the table, or the chunk of one. Errors: those of the stream; `cancelled` after the signal.
   * Nothing is left under the request's path unless the outcome is `exported`.
   */
  run(request: ExportRequest, options: ExportRunOptions): Promise<ExportOutcome>;
  /** Ends all threads and their sessions; exports that run or wait fail with `cancelled`. Takes 2 s at the most. */
  close(): Promise<void>;
}

export type ExportRunOptions = {
  readonly signal: AbortSignal;
  readonly onProgress: (rows: number, bytes: number) => void;
};

type Running = ExportRunOptions & {
  readonly id: number;
  readonly resolve: (outcome: ExportOutcome) => void;
  readonly reject: (error: Error) => void;
};

type Waiting = { readonly start: (thread: ExportThread) => void; readonly reject: (error: Error) => void };

/** `busy` from the moment a thread is promised to an export, `running` once it has been told. */
type ExportThread = { readonly worker: Worker; busy: boolean; running: Running | undefined };

/** A stream makes few objects: it is as fast with little room for new ones, and takes some 20 MB less. */
const YOUNG_MEGABYTES = 4;

/** How long a thread may take to stop its COPY and say goodbye to the server. */
const CLOSE_MS = 2_000;

/** A pool of at most `size` threads; they start when first needed. */
export function createExportPool(size: number): ExportPool {
  const threads = new Set<ExportThread>();
  const waiting = new Set<Waiting>();
  let lastId = 0;
  let closed = false;

  function startThread(): ExportThread {
    const thread: ExportThread = {
      worker: new Worker(new URL('./export-thread.ts', import.meta.url), {
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
      }),
      busy: false,
      running: undefined,
    };
    thread.worker.on('message', (message: FromExportThread) => receive(thread, message));
    thread.worker.on('error', (error) => drop(thread, error));
    thread.worker.on('exit', () => drop(thread, undefined));
    // The process may end while threads are idle; a running export holds it open through its promise's owner.
    thread.worker.unref();
    threads.add(thread);
    return thread;
  }

  function receive(thread: ExportThread, message: FromExportThread): void {
    const { running } = thread;
    if (running === undefined || running.id !== message.id) return;
    if (message.kind === 'progress') {
      running.onProgress(message.rows, message.bytes);
      return;
    }
    release(thread);
    if (message.kind === 'done') running.resolve(message.outcome);
    else running.reject(fromThreadError(message));
  }

  /** A thread that died takes its export with it; the next export gets a new thread. */
  function drop(thread: ExportThread, cause: Error | undefined): void {
    if (!threads.delete(thread)) return;
    thread.running?.reject(closed ? cancelled() : threadEnded(cause));
    takeWaiting()?.start(take(startThread()));
  }

  function take(thread: ExportThread): ExportThread {
    thread.busy = true;
    return thread;
  }

  function release(thread: ExportThread): void {
    thread.running = undefined;
    const next = takeWaiting();
    if (next !== undefined) {
      next.start(thread);
      return;
    }
    thread.busy = false;
    thread.worker.unref();
  }

  function takeWaiting(): Waiting | undefined {
    const [next] = waiting;
    if (next !== undefined) waiting.delete(next);
    return next;
  }

  function acquire(signal: AbortSignal): Promise<ExportThread> {
    if (closed || signal.aborted) return Promise.reject(cancelled());
    const idle = [...threads].find((thread) => !thread.busy);
    if (idle !== undefined) return Promise.resolve(take(idle));
    if (threads.size < size) return Promise.resolve(take(startThread()));
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        reject,
        start(thread) {
          signal.removeEventListener('abort', giveUp);
          resolve(thread);
        },
      };
      const giveUp = () => {
        if (waiting.delete(entry)) reject(cancelled());
      };
      signal.addEventListener('abort', giveUp, { once: true });
      waiting.add(entry);
    });
  }

  return {
    size,
    warm(exports) {
      if (closed) return;
      while (threads.size < Math.min(size, exports)) startThread();
    },
    async run(request, options) {
      const thread = await acquire(options.signal);
      if (options.signal.aborted) {
        release(thread);
        throw cancelled();
      }
      const id = (lastId += 1);
      const cancel = () => post(thread.worker, { kind: 'cancel', id });
      options.signal.addEventListener('abort', cancel, { once: true });
      try {
        return await new Promise<ExportOutcome>((resolve, reject) => {
          thread.running = { ...options, id, resolve, reject };
          thread.worker.ref();
          post(thread.worker, { kind: 'export', id, request });
        });
      } finally {
        options.signal.removeEventListener('abort', cancel);
      }
    },
    async close() {
      closed = true;
      for (const { reject } of waiting) reject(cancelled());
      waiting.clear();
      await Promise.all([...threads].map((thread) => endThread(thread.worker)));
    },
  };
}

function post(worker: Worker, message: ToExportThread): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage(message);
}

async function endThread(worker: Worker): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    worker.once('exit', () => resolve());
    timer = setTimeout(resolve, CLOSE_MS);
    post(worker, { kind: 'close' });
  });
  clearTimeout(timer);
  await worker.terminate();
}

function threadEnded(cause: Error | undefined): PermafrostError {
  return new PermafrostError('unexpected', 'an export thread ended before its table was written', { cause });
}

function cancelled(): PermafrostError {
  return new PermafrostError('cancelled', 'the export was cancelled');
}
