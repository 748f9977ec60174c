import { PermafrostError } from '../errors.ts';
import { sqlStateOf } from './error-mapping.ts';
import { quoteLiteral } from './quote.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import { openSession, type Row, type Session, type SessionOptions } from './session.ts';
import { EXPORT_SNAPSHOT, SNAPSHOT_FINGERPRINT } from './sql/export-snapshot.ts';
import { FIND_HIDDEN_DAMAGE } from './sql/find-hidden-damage.ts';
import { FIND_SHARDING_EXTENSION } from './sql/find-sharding-extension.ts';
import { READ_SYSTEM_IDENTIFIER } from './sql/read-system-identifier.ts';

/** What a reader needs to import a snapshot, and to know that it is the one that was meant. */
export type SnapshotKey = {
  /** pg_export_snapshot()'s id. A server that was restarted may give it again, to another snapshot. */
  readonly snapshotId: string;
  /** Of what the snapshot sees. */
  readonly fingerprint: string;
};

/** A Postgres snapshot that other sessions can import as long as the exporting one lives. */
export type SnapshotInfo = SnapshotKey & {
  /** Write-ahead log position at the export: written on a primary, replayed on a standby. */
  readonly lsn: string;
  /** ISO instant of the server's clock. */
  readonly exportedAt: string;
  /** Of the cluster, the same on its standbys; undefined where the hoster withholds it. */
  readonly systemIdentifier: string | undefined;
  readonly database: string;
  readonly databaseOid: number;
  /** `18.4`, perhaps with the packager's words. */
  readonly serverVersion: string;
};

export type SnapshotWatch = {
  /** Rejects with `snapshot-lost` when the session dies or stops answering; never resolves. */
  readonly lost: Promise<never>;
  /** Ends the watch, not the session. */
  stop(): void;
};

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
const CURE_LOST = 'start again under a new snapshot; see the log of the server for why the session ended';

/**
 * Begins the snapshot transaction and exports its snapshot. The session must then live until the last reader has
 * imported it and, for the transaction's locks and the identity of the night, until the last reader is done.
 * Errors: `source-unsuitable` behind a transaction pooler, where Citus or TimescaleDB hold rows elsewhere, or where the
 * server passes over damaged rows.
 */
export async function exportSnapshot(session: Session): Promise<SnapshotInfo> {
  await refuseTransactionPooling(session);
  await refuseShardedSource(session);
  await refuseHiddenDamage(session);
  const systemIdentifier = await readSystemIdentifier(session);
  const doing = 'exporting the snapshot';
  await session.query(BEGIN, [], doing);
  const [row] = await session.query(EXPORT_SNAPSHOT, [], doing);
  if (row === undefined) throw new PermafrostError('protocol', `${doing}: the server sent no row`);
  return {
    snapshotId: row.snapshot_id ?? '',
    fingerprint: row.fingerprint ?? '',
    lsn: row.lsn ?? '',
    exportedAt: row.exported_at ?? '',
    systemIdentifier,
    database: session.settings.database,
    databaseOid: Number(row.database_oid),
    serverVersion: session.server.version,
  };
}

/**
 * Begins a transaction that sees exactly what the exported snapshot sees. One round trip.
 * Error: `snapshot-lost` when the exporting transaction has ended, or was another server's.
 */
export async function importSnapshot(session: Session, snapshot: SnapshotKey): Promise<void> {
  const { snapshotId } = snapshot;
  if (!/^[0-9A-F]{8}-[0-9A-F]{8}-\d+$/.test(snapshotId)) {
    throw new PermafrostError('configuration', 'the snapshot id is not one of pg_export_snapshot()');
  }
  const script = `${BEGIN}; SET TRANSACTION SNAPSHOT ${quoteLiteral(snapshotId)}; SELECT ${SNAPSHOT_FINGERPRINT} AS fingerprint`;
  const doing = 'importing the snapshot';
  let seen: Row[string] | undefined;
  try {
    const [row] = await session.queryUnmapped(script, doing);
    seen = row?.fingerprint;
  } catch (error) {
    // 22023 and 42704: no such snapshot (before and since PostgreSQL 17); 55000: its process has ended.
    if (['22023', '42704', '55000'].includes(sqlStateOf(error) ?? '')) {
      throw new PermafrostError(
        'snapshot-lost',
        `the exported snapshot is gone (SQLSTATE ${sqlStateOf(error)})`,
        {
          cure: CURE_LOST,
        },
      );
    }
    throw session.mapError(error, doing);
  }
  if (seen === snapshot.fingerprint) return;
  throw new PermafrostError(
    'snapshot-lost',
    'another snapshot has the id of the exported one: the server was restarted',
    {
      cure: CURE_LOST,
    },
  );
}

/**
 * Opens a session that sees what the exported snapshot sees; it outlives the signal, which is heard only until then.
 * Errors: those of `openSession` and `importSnapshot`.
 */
export async function openUnderSnapshot(
  settings: ConnectionSettings,
  snapshot: SnapshotKey,
  { signal, ...options }: SessionOptions & { readonly signal: AbortSignal },
): Promise<Session> {
  const opening = new AbortController();
  const stop = () => opening.abort();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const session = await openSession(settings, { ...options, signal: opening.signal });
    try {
      await importSnapshot(session, snapshot);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Keeps the exporting session from idling away, and notices when it is gone: at once when the connection ends, and
 * after `answerWithinMs` when the network swallows it.
 */
export function watchSnapshot(
  session: Session,
  {
    everyMs = 30_000,
    answerWithinMs = 30_000,
  }: { readonly everyMs?: number; readonly answerWithinMs?: number } = {},
): SnapshotWatch {
  let stopped = false;
  let answerTimer: NodeJS.Timeout | undefined;
  const probe = async () => {
    if (answerTimer !== undefined) return;
    answerTimer = setTimeout(() => session.destroy(notAnswering(answerWithinMs)), answerWithinMs);
    try {
      await session.query('SELECT', [], 'keeping the snapshot alive');
    } catch {
      // A session that fails a probe has lost its transaction: `session.lost` tells, or shall.
      if (!stopped) session.destroy();
    } finally {
      clearTimeout(answerTimer);
      answerTimer = undefined;
    }
  };
  const timer = setInterval(() => void probe(), everyMs);
  const stop = () => {
    stopped = true;
    clearInterval(timer);
    clearTimeout(answerTimer);
  };
  const lost = session.lost.then((reason): never => {
    stop();
    throw new PermafrostError(
      'snapshot-lost',
      `the session that holds the snapshot ended: ${reason.message}`,
      {
        cure: CURE_LOST,
      },
    );
  });
  // Whoever does not wait for it shall not be ended by it.
  lost.catch(() => undefined);
  return { lost, stop };
}

function notAnswering(ms: number): PermafrostError {
  return new PermafrostError('source-unreachable', `no answer within ${ms / 1000} s`);
}

/**
 * A transaction pooler gives the same server process to several clients in turn, so a session's settings and snapshot
 * belong to nobody. A pooler is known by the process id it makes up; that it pools transactions, by a second
 * client that is given the process of the first. A session pooler passes.
 */
async function refuseTransactionPooling(session: Session): Promise<void> {
  if (!session.server.behindPooler) return;
  const second = await openSession(session.settings, { applicationName: 'permafrost pooler check' });
  try {
    if (second.server.backendPid !== session.server.backendPid) return;
  } finally {
    await second.close();
  }
  throw new PermafrostError('source-unsuitable', 'a pooler shares server processes between our sessions', {
    cure: 'connect to the server itself (often port 5432), or through a pool in session mode',
  });
}

async function refuseShardedSource(session: Session): Promise<void> {
  const [found] = await session.query(FIND_SHARDING_EXTENSION);
  if (found === undefined) return;
  throw new PermafrostError(
    'source-unsuitable',
    `${found.extension} keeps rows of tables elsewhere, and they would be missed without an error`,
    { cure: 'archive a database without it; such sources are not supported' },
  );
}

async function refuseHiddenDamage(session: Session): Promise<void> {
  const [found] = await session.query(FIND_HIDDEN_DAMAGE);
  if (found?.settings == null) return;
  throw new PermafrostError(
    'source-unsuitable',
    `${found.settings} is on: damaged rows would be missed without an error`,
    { cure: 'reset it for the user of the source, its database and the server' },
  );
}

/** The identity of the whole cluster; undefined where the hoster withholds it. */
export async function readSystemIdentifier(session: Session): Promise<string | undefined> {
  const doing = 'reading the identity of the server';
  try {
    const [row] = await session.queryUnmapped(READ_SYSTEM_IDENTIFIER, doing);
    return row?.system_identifier ?? undefined;
  } catch (error) {
    if (['42501', '42883'].includes(sqlStateOf(error) ?? '')) return undefined;
    throw session.mapError(error, doing);
  }
}
