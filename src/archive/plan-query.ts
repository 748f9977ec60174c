import type { Catalog, LoadedTable } from '../catalog/catalog.ts';
import { PermafrostError } from '../errors.ts';
import { readListedManifest } from '../iceberg/manifest.ts';
import { readManifestList } from '../iceberg/manifest-list.ts';
import type { NestedField } from '../iceberg/schema.ts';
import type { Snapshot } from '../iceberg/table-metadata.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { MARK } from './night-mark.ts';
import { currentSnapshot, loadTables, pathOf, schemaOf } from './read-lake.ts';
import { PROPERTY } from './table-properties.ts';

/** The rows of one table that a query reads, in Iceberg's words: any engine can be given it. */
export type TableScan = {
  readonly name: string;
  /** Its name in Postgres when it was last archived; undefined where the lake does not say. */
  readonly source: { readonly schema: string; readonly name: string } | undefined;
  /** Fields of the schema that the snapshot has; data files are matched by field id. */
  readonly fields: readonly NestedField[];
  /** Absolute paths of the data files, or their URIs where they do not lie in a folder. */
  readonly files: readonly string[];
  /** Only the rows of this night; undefined: of all. */
  readonly night: string | undefined;
};

/**
 * Plans every table of the lake for a query. Without a date a table holds all its nights, as any Iceberg engine shows
 * it; with one it holds the rows of the newest night on or before that date, read from the snapshot that wrote it.
 */
export async function planQuery(
  catalog: Catalog,
  store: ObjectStore,
  asOf: string | undefined,
): Promise<readonly TableScan[]> {
  const tables: TableScan[] = [];
  for await (const table of loadTables(catalog)) {
    const snapshot = chooseSnapshot(table, asOf);
    if (snapshot !== undefined) tables.push(await planTable(table, snapshot, store, asOf));
  }
  if (tables.length === 0) {
    throw new PermafrostError(
      'lake-not-found',
      asOf === undefined ? 'the lake has no tables' : `the lake has no night on or before ${asOf}`,
      { cure: 'archive a night first, or name another lake or date' },
    );
  }
  return tables;
}

function chooseSnapshot(table: LoadedTable, asOf: string | undefined): Snapshot | undefined {
  if (asOf === undefined) return currentSnapshot(table.metadata);
  const nights = table.metadata.snapshots.flatMap(({ summary }) => summary[MARK.night] ?? []);
  const newest = nights
    .filter((night) => night <= asOf)
    .toSorted()
    .at(-1);
  if (newest === undefined) return undefined;
  return table.metadata.snapshots.findLast(({ summary }) => summary[MARK.night] === newest);
}

async function planTable(
  table: LoadedTable,
  snapshot: Snapshot,
  store: ObjectStore,
  asOf: string | undefined,
): Promise<TableScan> {
  return {
    name: table.name,
    source: sourceOf(table),
    fields: schemaOf(table, snapshot).fields,
    files: await listFiles(store, snapshot),
    night: asOf === undefined ? undefined : snapshot.summary[MARK.night],
  };
}

function sourceOf({ metadata: { properties } }: LoadedTable): TableScan['source'] {
  const { [PROPERTY.sourceSchema]: schema, [PROPERTY.sourceTable]: name } = properties;
  return schema === undefined || name === undefined ? undefined : { schema, name };
}

/** All live data files of the snapshot. */
async function listFiles(store: ObjectStore, snapshot: Snapshot): Promise<readonly string[]> {
  const files: string[] = [];
  for (const manifest of readManifestList(await store.get(pathOf(store, snapshot['manifest-list'])))) {
    const { entries } = readListedManifest(await store.get(pathOf(store, manifest.path)), manifest);
    for (const entry of entries) {
      if (entry.status !== 'deleted') files.push(entry.dataFile.path.replace(/^file:\/\//, ''));
    }
  }
  return files;
}
