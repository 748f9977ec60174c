import type { FieldDef } from 'pg';
import { PermafrostError } from '../errors.ts';
import { quoteTable } from './quote.ts';
import type { Session } from './session.ts';
import { CHECK_LOCKED_TABLE } from './sql/check-locked-table.ts';
import { CHECK_VIEW_SOURCES } from './sql/check-view-sources.ts';
import { LIFT_RESTRICTION } from './sql/lift-restriction.ts';
import type { ColumnDescription, RelationKind, TableDescription } from './table-description.ts';

/** Locks that a transaction takes after it are given back with a return to it. */
const SAVEPOINT = 'permafrost_table';

/** What of the session's restriction stays while one of a kind is read. Whoever put it in place of a table runs no code. */
const STILL_RESTRICTED: Readonly<Partial<Record<RelationKind, string>>> = {
  view: 'foreign-table',
  'foreign table': 'view',
};

/**
 * Locks a table against change until `unlockTable`, and makes sure that it is still the one that the snapshot sees: a
 * TRUNCATE, a rewrite or a new table of the same name in between would read as *empty*, without an
 * error (F06); a dropped or added column would shift the others (F07). A view is locked with all that it reads, and all
 * of it is checked. The rows of a foreign table are out of reach for both.
 *
 * Errors: `table-changed` for any of that (also for VACUUM FULL, CLUSTER and REFRESH, which cannot be told from it);
 * `source-unreachable` when the lock is not to be had in time; `source-unsuitable` without the grants, under
 * row-level security, or for a materialized view that was never filled. All of them end the transaction.
 */
export async function lockTable(
  session: Session,
  table: TableDescription,
  { waitMs = 10_000 }: { readonly waitMs?: number } = {},
): Promise<void> {
  const label = `${table.schema}.${table.name}`;
  const quoted = quoteTable(table);
  await lockInTime(session, table, waitMs);
  const [now] = await session.query(CHECK_LOCKED_TABLE, [table.oid, quoted], `checking ${label}`);
  if (Number(now?.named_oid) !== table.oid) throw changed(label, 'was replaced by another table');
  if (Number(now?.filenode) !== table.relfilenode) throw changed(label, 'was truncated or rewritten');
  if (table.kind === 'view') await refuseChangedSource(session, table.oid, label);
  const fields = await session.describeResult(`SELECT * FROM ONLY ${quoted} LIMIT 0`, `checking ${label}`);
  const same =
    fields.length === table.columns.length &&
    table.columns.every((column, index) => isSame(column, fields[index]));
  if (!same) throw changed(label, 'got other columns');
}

/**
 * Lets go of the table that was locked last, while the transaction and its snapshot go on: a night holds each table no
 * longer than it reads it, since whoever waits to alter a table makes all its readers wait as well.
 */
export async function unlockTable(session: Session, label: string): Promise<void> {
  await session.query(
    `ROLLBACK TO SAVEPOINT ${SAVEPOINT}; RELEASE SAVEPOINT ${SAVEPOINT}`,
    [],
    `unlocking ${label}`,
  );
}

async function lockInTime(session: Session, table: TableDescription, waitMs: number): Promise<void> {
  const label = `${table.schema}.${table.name}`;
  const doing = `locking ${label}`;
  const restricted = STILL_RESTRICTED[table.kind];
  try {
    const savepoint = `SAVEPOINT ${SAVEPOINT}`;
    if (restricted === undefined) {
      await session.query(`${savepoint}; ${lockScript(table, waitMs)}`, [], doing);
    } else {
      await session.query(savepoint, [], doing);
      await session.query(LIFT_RESTRICTION, [restricted], doing);
      await session.query(lockScript(table, waitMs), [], doing);
    }
  } catch (error) {
    // The snapshot had it, so it was dropped, renamed or moved since.
    if (error instanceof PermafrostError && error.code === 'table-not-found')
      throw changed(label, 'was dropped or renamed');
    throw error;
  }
}

/** All that it sets and takes lasts until the return to the savepoint. */
function lockScript(table: TableDescription, waitMs: number): string {
  const quoted = quoteTable(table);
  const lockable = table.kind === 'table' || table.kind === 'view';
  return [
    `SET LOCAL lock_timeout = ${Math.max(1, Math.trunc(waitMs))}`,
    // LOCK TABLE takes no other kinds; a query locks what it names, even one that cannot have rows.
    lockable ? `LOCK TABLE ONLY ${quoted} IN ACCESS SHARE MODE` : `SELECT FROM ONLY ${quoted} WHERE false`,
    'SET LOCAL lock_timeout = 0',
    // A damaged index knows of other rows than its table. The query of a view may need its indexes.
    ...(table.kind === 'view' ? [] : ['SET LOCAL enable_indexonlyscan = off']),
  ].join('; ');
}

async function refuseChangedSource(session: Session, oid: number, label: string): Promise<void> {
  const [source] = await session.query(CHECK_VIEW_SOURCES, [oid], `checking ${label}`);
  if (source === undefined) return;
  const what = `${source.schema}.${source.name}`;
  throw changed(
    label,
    what === label ? 'got another definition' : `reads ${what}, which was replaced or rewritten`,
  );
}

/** The server describes the columns of a result from the live catalog, with domains resolved to their base. */
function isSame(column: ColumnDescription, field: FieldDef | undefined): boolean {
  return (
    field !== undefined &&
    field.columnID === column.attnum &&
    field.name === column.name &&
    field.dataTypeID === column.baseTypeOid &&
    field.dataTypeModifier === column.typeModifier
  );
}

function changed(label: string, what: string): PermafrostError {
  return new PermafrostError('table-changed', `${label} ${what} after the night's snapshot was taken`, {
    cure: 'archive the night again, at a time when no one truncates, alters or refreshes it',
  });
}
