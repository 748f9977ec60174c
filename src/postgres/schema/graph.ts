import type { ObjectRef } from './statement.ts';
import type { Row, Session } from '../session.ts';
import { LIST_DEPENDENCIES } from '../sql/list-dependencies.ts';
import { LIST_NEEDED_OBJECTS } from '../sql/list-needed-objects.ts';

/** `pg_class:16401`: an object of the catalog. */
export type ObjectKey = `${string}:${string}`;

/** The objects that tables consist of and need, and which needs which. */
export type ObjectGraph = {
  readonly keys: readonly ObjectKey[];
  /** Oids of the objects in one table of the catalog, such as `pg_class`. */
  readonly oidsIn: (catalog: string) => readonly string[];
  readonly targetsOf: (key: ObjectKey) => readonly DependencyTarget[];
};

export type DependencyTarget = {
  readonly key: ObjectKey;
  /** Set for a table or view, which need not be among the objects. */
  readonly relation: ObjectRef | undefined;
};

/** Reads all that the tables consist of and need, in two round trips. */
export async function readObjectGraph(session: Session, tableOids: readonly string[]): Promise<ObjectGraph> {
  const needed = await session.query(LIST_NEEDED_OBJECTS, [tableOids], 'listing what the tables need');
  const keys = needed.map((row) => objectKey(row.class, row.oid));
  const dependencies = await session.query(LIST_DEPENDENCIES, splitKeys(keys), 'listing dependencies');
  const bySource = Map.groupBy(dependencies, (row) => objectKey(row.from_class, row.from_oid));
  const byCatalog = Map.groupBy(keys, (key) => key.slice(0, key.indexOf(':')));
  return {
    keys,
    oidsIn: (catalog) => (byCatalog.get(catalog) ?? []).map((key) => key.slice(catalog.length + 1)),
    targetsOf: (key) => (bySource.get(key) ?? []).map(readTarget),
  };
}

function readTarget({ to_class: catalog, to_oid: oid, schema, name }: Row): DependencyTarget {
  const relation = schema == null || name == null ? undefined : ({ kind: 'table', schema, name } as const);
  return { key: objectKey(catalog, oid), relation };
}

export function objectKey(catalog: string | null | undefined, oid: string | null | undefined): ObjectKey {
  return `${catalog ?? ''}:${oid ?? ''}`;
}

/** Class names and oids, pairwise, as the catalog queries want them. */
export function splitKeys(keys: readonly ObjectKey[]): [classes: string[], oids: string[]] {
  const parts = keys.map((key) => key.split(':'));
  return [parts.map(([catalog = '']) => catalog), parts.map(([, oid = '']) => oid)];
}
