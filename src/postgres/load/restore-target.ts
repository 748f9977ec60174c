import { PermafrostError } from '../../errors.ts';
import { type ConnectionSettings, describeSource } from '../connection-settings.ts';
import { sqlStateOf } from '../error-mapping.ts';
import { quoteIdentifier, quoteLiteral, quoteTable } from '../quote.ts';
import { type DatabaseFacts, REPLAY_SETTINGS } from '../schema/schema-dump.ts';
import type { ObjectName, SchemaStatement } from '../schema/statement.ts';
import { openSession, type Session } from '../session.ts';
import { FIND_SEQUENCE_OWNER } from '../sql/find-sequence-owner.ts';
import { LIST_ROW_ACTIONS } from '../sql/list-row-actions.ts';
import { LIST_MISSING_EXTENSIONS } from '../sql/list-missing-extensions.ts';
import { LIST_TARGET_RELATIONS } from '../sql/list-target-relations.ts';

/** A statement that the server refused, and with what. */
export type RefusedStatement = { readonly statement: SchemaStatement; readonly sqlState: string };

const SAVEPOINT = 'permafrost_statement';
/** An index on a large table is silent for long. */
const ANSWER_WITHIN_MS = 24 * 3_600_000;
/** The object is there: duplicate table, object, function, schema, column; a second primary key. */
const EXISTS_ALREADY = new Set(['42P07', '42710', '42723', '42P06', '42701', '42P16']);

/**
 * Opens the database that tables are restored into, in one transaction: until `COMMIT` nobody sees anything of it, and
 * whatever ends the session before leaves the database as it was.
 * Errors: those of openSession; `target-unsuitable` for another encoding, or a standby.
 */
export async function openTarget(settings: ConnectionSettings, signal: AbortSignal): Promise<Session> {
  const session = await openSession(settings, {
    applicationName: 'permafrost restore',
    signal,
    answerWithinMs: ANSWER_WITHIN_MS,
  });
  try {
    await begin(session);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function begin(session: Session): Promise<void> {
  const target = describeSource(session.settings);
  if (session.server.inRecovery) {
    throw new PermafrostError('target-unsuitable', `${target} is a standby, which takes no rows`, {
      cure: 'restore into its primary',
    });
  }
  await session.query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE', [], `restoring into ${target}`);
  for (const [name, value] of Object.entries(REPLAY_SETTINGS)) await setLocally(session, name, value);
  // Workers would send the rows that are read back in another order than the one they were loaded in.
  await setLocally(session, 'max_parallel_workers_per_gather', '0');
  const [row] = await session.query("SELECT pg_catalog.current_setting('server_encoding') AS encoding");
  if (row?.encoding === 'UTF8') return;
  throw new PermafrostError('target-unsuitable', `${target} has the encoding ${row?.encoding}, not UTF8`, {
    cure: "create it with ENCODING 'UTF8' TEMPLATE template0",
  });
}

/** The text of money is read in its locale. Where the server does not know that, the values are found to differ. */
export async function adoptLocale(session: Session, { lcMonetary }: DatabaseFacts): Promise<void> {
  await tryStatement(session, () => setLocally(session, 'lc_monetary', lcMonetary));
}

/** Names of tables, views and sequences that are there; not all where they are many. */
export async function listRelations(session: Session): Promise<readonly string[]> {
  const rows = await session.query(LIST_TARGET_RELATIONS, [], 'looking at what the database holds');
  return rows.map((row) => row.name ?? '');
}

/** Error: `target-unsuitable`, naming every extension that the server lacks. */
export async function requireExtensions(session: Session, names: readonly string[]): Promise<void> {
  const missing = await session.query(LIST_MISSING_EXTENSIONS, [names], 'looking for extensions');
  if (missing.length === 0) return;
  const list = missing.map(({ name }) => name).join(', ');
  throw new PermafrostError('target-unsuitable', `the server does not offer these extensions: ${list}`, {
    cure: 'install the packages of these extensions on the server, or leave out the tables that need them (--tables)',
  });
}

/**
 * Runs a statement that must succeed; `exists` where its object is there already and may stay.
 * Error: `target-unsuitable`.
 */
export async function makeObject(
  session: Session,
  statement: SchemaStatement,
  { keepExisting }: { readonly keepExisting: boolean },
): Promise<'made' | 'exists'> {
  // Even IF NOT EXISTS wants the right to make one.
  if (statement.kind === 'schema' && (await hasSchema(session, statement.object.name))) {
    return keepExisting ? 'exists' : 'made';
  }
  const sqlState = await tryStatement(session, () =>
    session.queryUnmapped(statement.sql, 'making an object'),
  );
  if (sqlState === undefined) return 'made';
  if (keepExisting && EXISTS_ALREADY.has(sqlState)) return 'exists';
  const label = `${statement.kind} ${labelOf(statement.object)}`;
  throw new PermafrostError(
    'target-unsuitable',
    `the server does not make the ${label} (SQLSTATE ${sqlState})`,
    {
      cure:
        sqlState === '42501'
          ? 'restore as a user who may create objects in this database, best its owner'
          : 'restore into an empty database of the same or a newer version, and see the log of the server',
    },
  );
}

async function hasSchema(session: Session, name: string): Promise<boolean> {
  const found = await session.query('SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1', [name]);
  return found.length > 0;
}

/** Runs statements one by one; those that the server refuses change nothing, and are told. */
export async function makeWhatCan(
  session: Session,
  statements: readonly SchemaStatement[],
): Promise<readonly RefusedStatement[]> {
  const refused: RefusedStatement[] = [];
  for (const statement of statements) {
    const sqlState = await tryStatement(session, () =>
      session.queryUnmapped(statement.sql, `restoring ${labelOf(statement.object)}`),
    );
    if (sqlState !== undefined) refused.push({ statement, sqlState });
  }
  return refused;
}

/**
 * Sets a sequence whose value is not known by the rows: to the largest value of its column, or the smallest where it
 * counts down. False for a sequence that belongs to no column of numbers, or whose rows have gone beyond its bounds:
 * nothing tells where it stood.
 */
export async function setSequenceByRows(session: Session, sequence: ObjectName): Promise<boolean> {
  const doing = `setting the sequence ${labelOf(sequence)}`;
  const [owner] = await session.query(FIND_SEQUENCE_OWNER, [quoteTable(sequence)], doing);
  if (owner === undefined) return false;
  const furthest = `pg_catalog.${owner.descends === 't' ? 'min' : 'max'}(${quoteIdentifier(owner.column ?? '')})`;
  const table = quoteTable({ schema: owner.schema ?? '', name: owner.name ?? '' });
  const value = `setval(${quoteLiteral(quoteTable(sequence))}::pg_catalog.regclass, ${furthest}::pg_catalog.int8)`;
  const set = `SELECT pg_catalog.${value} FROM ${table} HAVING ${furthest} IS NOT NULL`;
  return (await tryStatement(session, () => session.queryUnmapped(set, doing))) === undefined;
}

/**
 * Looks whether a table that is there takes rows as they are. Error: `target-unsuitable` for one that holds rows, or
 * that has triggers or rules: they would change rows, or write what the night does not hold into other tables.
 */
export async function requireVacant(session: Session, table: ObjectName, doing: string): Promise<void> {
  const quoted = quoteTable(table);
  const [row] = await session.query(`SELECT FROM ONLY ${quoted} LIMIT 1`, [], doing);
  if (row !== undefined) {
    throw new PermafrostError('target-unsuitable', `${doing}: the table is there and holds rows`, {
      cure: 'empty it, or restore into another database',
    });
  }
  const actions = await session.query(LIST_ROW_ACTIONS, [quoted], doing);
  if (actions.length === 0) return;
  const names = actions.map(({ name }) => name).join(', ');
  throw new PermafrostError('target-unsuitable', `${doing}: the rows would set off ${names}`, {
    cure: 'disable these triggers and rules of the table until its rows are in, or restore into another database',
  });
}

async function setLocally(session: Session, name: string, value: string): Promise<void> {
  await session.queryUnmapped(
    `SELECT pg_catalog.set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, true)`,
    'setting up the session',
  );
}

/** The SQLSTATE with which the server refused; undefined when it did not. Other failures are thrown. */
async function tryStatement(session: Session, run: () => Promise<unknown>): Promise<string | undefined> {
  const doing = 'restoring';
  await session.query(`SAVEPOINT ${SAVEPOINT}`, [], doing);
  try {
    await run();
  } catch (error) {
    const sqlState = sqlStateOf(error);
    if (sqlState === undefined || /^(08|57P)/.test(sqlState)) throw session.mapError(error, doing);
    await session.query(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}; RELEASE SAVEPOINT ${SAVEPOINT}`, [], doing);
    return sqlState;
  }
  await session.query(`RELEASE SAVEPOINT ${SAVEPOINT}`, [], doing);
  return undefined;
}

function labelOf({ schema, name }: ObjectName): string {
  return schema === '' ? name : `${schema}.${name}`;
}
