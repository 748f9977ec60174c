import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import { openSession, type Session } from '../postgres/session.ts';
import { importSnapshot, type SnapshotKey } from '../postgres/snapshot-transaction.ts';

/**
 * Reads the source's catalog under an exported snapshot. One session serves all tables of a night; it ends soon after
 * the last read, because an open snapshot holds back vacuum in the source.
 */
export interface SnapshotReader {
  /** Runs the reads one after another. Errors: `snapshot-lost` when the snapshot can no longer be imported. */
  read<T>(snapshot: SnapshotKey, work: (session: Session) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const IDLE_MS = 2_000;

type OpenSnapshot = { readonly snapshot: SnapshotKey; readonly session: Session };

/** A reader on one source. */
export function createSnapshotReader(connection: ConnectionSettings): SnapshotReader {
  let open: OpenSnapshot | undefined;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function sessionFor(snapshot: SnapshotKey): Promise<Session> {
    if (open?.snapshot.fingerprint === snapshot.fingerprint) return open.session;
    await end();
    const session = await openSession(connection, { applicationName: 'permafrost catalog' });
    open = { snapshot, session };
    await importSnapshot(session, snapshot);
    return session;
  }

  async function end(): Promise<void> {
    const ending = open;
    open = undefined;
    await ending?.session.close();
  }

  async function readNow<T>(snapshot: SnapshotKey, work: (session: Session) => Promise<T>): Promise<T> {
    clearTimeout(idle);
    try {
      return await work(await sessionFor(snapshot));
    } catch (error) {
      // A failed statement has ended the transaction: the next read starts anew.
      await end();
      throw error;
    } finally {
      idle = setTimeout(() => void end(), IDLE_MS);
      idle.unref();
    }
  }

  return {
    read(snapshot, work) {
      const result = last.then(() => readNow(snapshot, work));
      last = result.catch(() => undefined);
      return result;
    },
    async close() {
      clearTimeout(idle);
      await last;
      await end();
    },
  };
}
