import { randomUUID } from 'node:crypto';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import { sqlStateOf } from '../postgres/error-mapping.ts';
import { quoteIdentifier, quoteLiteral } from '../postgres/quote.ts';
import type { DatabaseFacts } from '../postgres/schema/schema-dump.ts';
import { openSession, type Session } from '../postgres/session.ts';

/** A server on which databases may be made and thrown away. */
export type ScratchServer = {
  /** A role that may create databases, in any database of the server. */
  readonly settings: ConnectionSettings;
  readonly version: string;
  /** Never throws. */
  close(): Promise<void>;
};

/** What decides how texts are compared and folded. */
export type Locale = Pick<DatabaseFacts, 'localeProvider' | 'locale' | 'collate' | 'ctype'>;

const APPLICATION = 'permafrost drill';
/** A database is made and dropped with a checkpoint, and the server says nothing until all of it is on the disk. */
const ANSWER_WITHIN_MS = 3_600_000;
/** From here on a provider can be named, and sessions that hold a database be ended. */
const PROVIDERS_SINCE = 150_000;
const FORCE_SINCE = 130_000;

/** Looks whether the server is there, and what it is. */
export async function openScratchServer(
  settings: ConnectionSettings,
  signal: AbortSignal,
): Promise<ScratchServer> {
  const session = await openSession(settings, { applicationName: APPLICATION, signal });
  const { version } = session.server;
  await session.close();
  return { settings, version, close: () => Promise.resolve() };
}

/**
 * Runs the work on a new, empty database, which is dropped whatever becomes of it. Texts mean there what they meant in
 * the source, if the server knows its locale: generated columns, checks and bounds of partitions depend on that.
 */
export async function withScratchDatabase<T>(
  server: ScratchServer,
  locale: Locale,
  work: (database: ConnectionSettings) => Promise<T>,
): Promise<T> {
  const name = `permafrost_drill_${randomUUID().replaceAll('-', '')}`;
  // An interrupt waits for these two: neither an empty database nor a copy of the data may stay behind.
  await onServer(server, (session) => makeDatabase(session, name, locale));
  try {
    return await work({ ...server.settings, database: name });
  } finally {
    await onServer(server, (session) => dropDatabase(session, name));
  }
}

async function makeDatabase(session: Session, name: string, locale: Locale): Promise<void> {
  const doing = 'making a scratch database';
  const make = `CREATE DATABASE ${quoteIdentifier(name)} TEMPLATE template0 ENCODING 'UTF8'`;
  try {
    await session.queryUnmapped(`${make} ${localeOptions(locale, session.server.versionNumber)}`, doing);
  } catch (error) {
    if (sqlStateOf(error) === undefined) throw session.mapError(error, doing);
    await session.query(`${make} LC_COLLATE 'C' LC_CTYPE 'C'`, [], doing);
  }
}

function localeOptions({ localeProvider, locale, collate, ctype }: Locale, versionNumber: number): string {
  const libc = `LC_COLLATE ${quoteLiteral(collate)} LC_CTYPE ${quoteLiteral(ctype)}`;
  if (versionNumber < PROVIDERS_SINCE) return libc;
  const own = locale === undefined ? '' : ` ${localeProvider}_LOCALE ${quoteLiteral(locale)}`;
  return `LOCALE_PROVIDER ${localeProvider}${localeProvider === 'libc' ? '' : own} ${libc}`;
}

/** The backend of a restore that was cut off works on until it notices. */
async function dropDatabase(session: Session, name: string): Promise<void> {
  const force = session.server.versionNumber < FORCE_SINCE ? '' : ' WITH (FORCE)';
  const drop = `DROP DATABASE ${quoteIdentifier(name)}${force}`;
  await session.query(drop, [], 'dropping the scratch database');
}

async function onServer(
  { settings }: ScratchServer,
  work: (session: Session) => Promise<unknown>,
): Promise<void> {
  const session = await openSession(settings, {
    applicationName: APPLICATION,
    answerWithinMs: ANSWER_WITHIN_MS,
  });
  try {
    await session.query('SET default_transaction_read_only = off', [], 'setting up the session');
    await work(session);
  } finally {
    await session.close();
  }
}
