import type { SchemaStatement } from '../postgres/schema/statement.ts';
import type { FrozenTable } from './frozen-table.ts';

/** Tables before those whose foreign keys point to them; in a circle the first by name comes first. */
export function orderByForeignKeys(tables: readonly FrozenTable[]): readonly FrozenTable[] {
  const byKey = new Map(tables.map((table) => [keyOf(table), table]));
  const ordered = new Set<FrozenTable>();
  const visiting = new Set<FrozenTable>();
  const place = (table: FrozenTable): void => {
    if (ordered.has(table) || visiting.has(table)) return;
    visiting.add(table);
    for (const other of referencesOf(table)) {
      const referenced = byKey.get(keyOf(other));
      if (referenced !== undefined) place(referenced);
    }
    ordered.add(table);
  };
  for (const table of tables) place(table);
  return [...ordered];
}

function referencesOf(table: FrozenTable): SchemaStatement['requires'] {
  return table.ddl.table.statements
    .filter(({ kind, of }) => kind === 'foreign-key' && keyOf(of) === keyOf(table))
    .flatMap(({ requires }) => requires.filter(({ kind }) => kind === 'table'));
}

function keyOf({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return JSON.stringify([schema, name]);
}
