import type { TableDescription } from '../postgres/table-description.ts';
import type { KnownTable } from './lake-schema.ts';
import { tableLabel } from './night.ts';

/**
 * What became of the table as a whole since the night before, one sentence each; empty almost always. `known` is what
 * its table in the lake was, `elsewhere` the other tables of the lake that hold nights of the same oid.
 */
export function describeTableChange(
  table: Pick<TableDescription, 'oid' | 'schema' | 'name'>,
  known: KnownTable | undefined,
  elsewhere: readonly string[],
): readonly string[] {
  const others = elsewhere.join(', ');
  if (known === undefined) {
    if (others === '') return [];
    return [`the table (oid ${table.oid}) begins anew here; its earlier nights are in the lake as ${others}`];
  }
  if (known.tableOid === undefined) {
    return ['the database was upgraded, moved or renamed; the columns were matched by name'];
  }
  if (known.tableOid !== table.oid) {
    const another = `this is another table than before (oid ${known.tableOid} before, ${table.oid} now): dropped and re-created, or renamed to take its place; its columns were matched by name`;
    return [others === '' ? another : `${another}; its own earlier nights are in the lake as ${others}`];
  }
  const { source } = known;
  if (source.schema === table.schema && source.name === table.name) return [];
  return [`the table was renamed from ${tableLabel(source)} to ${tableLabel(table)}`];
}
