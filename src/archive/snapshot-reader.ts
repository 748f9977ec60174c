import { PermafrostError } from '../errors.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import type { Session } from '../postgres/session.ts';
import { openUnderSnapshot, type SnapshotKey } from '../postgres/snapshot-transaction.ts';

/**
 * Reads the source's catalog under an exported snapshot. One session serves all tables of a night; it ends soon after
 * the last read, because an open snapshot holds back vacuum in the source.
 */
export interface SnapshotReader {
  /**
   * Runs the reads one after another. Errors: `snapshot-lost` when the snapshot can no longer be imported;
   * `source-unreachable` when the server is silent for a minute; `cancelled` at once after the signal or `close`, also
   * while others read.
   */
  read<T>(snapshot: SnapshotKey, work: (session: Session) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Ends the session; a read that runs is cut. Takes two seconds at the most. */
  close(): Promise<void>;
}

export type SnapshotReaderOptions = {
  /** How long the server may be silent over a statement. */
  readonly answerWithinMs?: number;
};

const IDLE_MS = 2_000;

type OpenSnapshot = { readonly snapshot: SnapshotKey; readonly session: Session };

/** A reader on one source. */
export function createSnapshotReader(
  connection: ConnectionSettings,
  options: SnapshotReaderOptions = {},
): SnapshotReader {
  const closing = new AbortController();
  let open: OpenSnapshot | undefined;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function sessionFor(snapshot: SnapshotKey, signal: AbortSignal): Promise<Session> {
    if (open?.snapshot.fingerprint === snapshot.fingerprint) return open.session;
    await end();
    const session = await openUnderSnapshot(connection, snapshot, {
      ...options,
      applicationName: 'permafrost catalog',
      signal,
    });
    open = { snapshot, session };
    return session;
  }

  async function end(): Promise<void> {
    const ending = open;
    open = undefined;
    await ending?.session.close();
  }

  async function readNow<T>(
    snapshot: SnapshotKey,
    work: (session: Session) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    if (signal.aborted) throw stopped();
    clearTimeout(idle);
    const cut = () => open?.session.destroy(stopped());
    signal.addEventListener('abort', cut, { once: true });
    try {
      const session = await sessionFor(snapshot, signal);
      if (signal.aborted) throw stopped();
      return await work(session);
    } catch (error) {
      // A failed statement has ended the transaction: the next read starts anew.
      await end();
      throw error;
    } finally {
      signal.removeEventListener('abort', cut);
      idle = setTimeout(() => void end(), IDLE_MS);
      idle.unref();
    }
  }

  return {
    read(snapshot, work, signal) {
      const stop = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]);
      const result = last.then(() => readNow(snapshot, work, stop));
      last = result.catch(() => undefined);
      return orStopped(result, stop);
    },
    async close() {
      closing.abort();
      await last;
      clearTimeout(idle);
      await end();
    },
  };
}

/** Whoever waits for its turn, or for a session to end, is let go at once. */
function orStopped<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(stopped());
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function stopped(): PermafrostError {
  return new PermafrostError('cancelled', 'reading the catalog: stopped');
}
