import { PermafrostError } from '../errors.ts';
import type { Session } from './session.ts';
import { DESCRIBE_TABLES } from './sql/describe-tables.ts';
import { FIND_TABLE } from './sql/find-table.ts';
import type { TableDescription } from './table-description.ts';

/**
 * Describes tables as the transaction of the session sees them, in one round trip, ordered by schema and name.
 * Oids that are no ordinary tables (any more) are left out: compare the count.
 */
export async function describeTables(
  session: Session,
  oids: readonly number[],
): Promise<readonly TableDescription[]> {
  const rows = await session.query(DESCRIBE_TABLES, [oids], 'describing tables');
  return rows.map((row): TableDescription => JSON.parse(row.description ?? ''));
}

/** Describes one table, by its exact name. Error: `table-not-found`. */
export async function describeTable(
  session: Session,
  table: { readonly schema: string; readonly name: string },
): Promise<TableDescription> {
  const doing = `describing ${table.schema}.${table.name}`;
  const [found] = await session.query(FIND_TABLE, [table.schema, table.name], doing);
  const [description] = found === undefined ? [] : await describeTables(session, [Number(found.oid)]);
  if (description !== undefined) return description;
  throw new PermafrostError('table-not-found', `${doing}: there is no such table in the night's snapshot`, {
    cure: 'correct the name (case matters), or take the table out of the source set',
  });
}
