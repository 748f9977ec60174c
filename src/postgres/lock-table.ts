import type { FieldDef } from 'pg';
import { PermafrostError } from '../errors.ts';
import { quoteTable } from './quote.ts';
import type { Session } from './session.ts';
import { CHECK_LOCKED_TABLE } from './sql/check-locked-table.ts';
import type { ColumnDescription, TableDescription } from './table-description.ts';

/** Locks that a transaction takes after it are given back with a return to it. */
const SAVEPOINT = 'permafrost_table';

/**
 * Locks a table against change until `unlockTable`, and makes sure that it is still the one that the snapshot sees: a
 * TRUNCATE, a rewrite or a new table of the same name in between would read as *empty*, without an
 * error (F06); a dropped or added column would shift the others (F07).
 *
 * Errors: `table-changed` for any of that (also for VACUUM FULL and CLUSTER, which cannot be told from it);
 * `source-unreachable` when the lock is not to be had in time; `source-unsuitable` without the grants, or under
 * row-level security. All of them end the transaction.
 */
export async function lockTable(
  session: Session,
  table: TableDescription,
  { waitMs = 10_000 }: { readonly waitMs?: number } = {},
): Promise<void> {
  const label = `${table.schema}.${table.name}`;
  const quoted = quoteTable(table);
  await lockInTime(session, quoted, label, waitMs);
  const [now] = await session.query(CHECK_LOCKED_TABLE, [table.oid, quoted], `checking ${label}`);
  if (Number(now?.named_oid) !== table.oid) throw changed(label, 'was replaced by another table');
  if (Number(now?.filenode) !== table.relfilenode) throw changed(label, 'was truncated or rewritten');
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

async function lockInTime(session: Session, quoted: string, label: string, waitMs: number): Promise<void> {
  const script = [
    `SAVEPOINT ${SAVEPOINT}`,
    `SET LOCAL lock_timeout = ${Math.max(1, Math.trunc(waitMs))}`,
    `LOCK TABLE ONLY ${quoted} IN ACCESS SHARE MODE`,
    'SET LOCAL lock_timeout = 0',
  ].join('; ');
  try {
    await session.query(script, [], `locking ${label}`);
  } catch (error) {
    // The snapshot had it, so it was dropped, renamed or moved since.
    if (error instanceof PermafrostError && error.code === 'table-not-found')
      throw changed(label, 'was dropped or renamed');
    throw error;
  }
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
    cure: 'archive the night again, at a time when no one truncates or alters the table',
  });
}
