import { randomUUID } from 'node:crypto';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import { openSession, type Session } from '../postgres/session.ts';

/** A server on which databases may be made and thrown away. */
export type ScratchServer = {
  /** A role that may create databases, in any database of the server. */
  readonly settings: ConnectionSettings;
  readonly version: string;
  /** Never throws. */
  close(): Promise<void>;
};

/** Looks whether the server is there, and what it is. */
export async function openScratchServer(
  settings: ConnectionSettings,
  signal: AbortSignal,
): Promise<ScratchServer> {
  const session = await openSession(settings, { applicationName: 'permafrost drill', signal });
  const { version } = session.server;
  await session.close();
  return { settings, version, close: () => Promise.resolve() };
}

/** Runs the work on a new, empty database, which is dropped whatever becomes of it. */
export async function withScratchDatabase<T>(
  server: ScratchServer,
  signal: AbortSignal,
  work: (database: ConnectionSettings) => Promise<T>,
): Promise<T> {
  const name = `permafrost_drill_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, signal, (session) =>
    session.query(
      `CREATE DATABASE ${quoteIdentifier(name)} ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
      [],
      'making a scratch database',
    ),
  );
  try {
    return await work({ ...server.settings, database: name });
  } finally {
    // Also after an interrupt, which must not leave a copy of the data behind.
    await onServer(server, undefined, (session) =>
      session.query(`DROP DATABASE ${quoteIdentifier(name)}`, [], 'dropping the scratch database'),
    );
  }
}

async function onServer(
  { settings }: ScratchServer,
  signal: AbortSignal | undefined,
  work: (session: Session) => Promise<unknown>,
): Promise<void> {
  const session = await openSession(settings, {
    applicationName: 'permafrost drill',
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    await session.query('SET default_transaction_read_only = off', [], 'setting up the session');
    await work(session);
  } finally {
    await session.close();
  }
}
