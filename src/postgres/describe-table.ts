import { PermafrostError } from '../errors.ts';
import type { Session } from './session.ts';
import { DESCRIBE_TABLES } from './sql/describe-tables.ts';
import { FIND_TABLE } from './sql/find-table.ts';
import type { RelationKind, TableDescription } from './table-description.ts';

/**
 * Describes tables as the transaction of the session sees them, in one round trip, ordered by schema and name.
 * Oids that nothing can be read from (any more) are left out: compare the count.
 */
export async function describeTables(
  session: Session,
  oids: readonly number[],
): Promise<readonly TableDescription[]> {
  const rows = await session.query(DESCRIBE_TABLES, [oids], 'describing tables');
  return rows.map((row): TableDescription => JSON.parse(row.description ?? ''));
}

/**
 * Describes one table by its exact name, or what else may be read in the place of one. Errors: `table-not-found`;
 * `table-changed` where something of another kind has the name.
 */
export async function describeTable(
  session: Session,
  table: { readonly schema: string; readonly name: string; readonly kind?: RelationKind },
): Promise<TableDescription> {
  const doing = `describing ${table.schema}.${table.name}`;
  const { kind = 'table' } = table;
  const [found] = await session.query(FIND_TABLE, [table.schema, table.name], doing);
  if (found !== undefined && found.kind !== kind) {
    throw new PermafrostError(
      'table-changed',
      `${doing}: a ${found.kind} stands where a ${kind} was planned`,
      {
        cure: 'see who replaced it; if that was meant to be, archive the night again',
      },
    );
  }
  const [description] = found === undefined ? [] : await describeTables(session, [Number(found.oid)]);
  if (description !== undefined) return description;
  throw new PermafrostError('table-not-found', `${doing}: there is no such table in the night's snapshot`, {
    cure: 'correct the name (case matters), or take the table out of the source set',
  });
}
