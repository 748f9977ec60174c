import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import { openSession } from '../postgres/session.ts';
import { exportSnapshot, watchSnapshot } from '../postgres/snapshot-transaction.ts';
import type { HeldSnapshot } from './archiver.ts';

/** Exports a snapshot and holds its transaction open in a session of its own. */
export async function holdSnapshot(
  connection: ConnectionSettings,
  signal: AbortSignal,
): Promise<HeldSnapshot> {
  const session = await openSession(connection, { applicationName: 'permafrost snapshot', signal });
  try {
    const { snapshotId, fingerprint, lsn, exportedAt, database, systemIdentifier } =
      await exportSnapshot(session);
    const watch = watchSnapshot(session);
    return {
      info: {
        snapshotId,
        fingerprint,
        lsn,
        exportedAt,
        database,
        ...(systemIdentifier === undefined ? {} : { systemIdentifier }),
      },
      lost: watch.lost,
      async close() {
        watch.stop();
        await session.close();
      },
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}
