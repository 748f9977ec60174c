import type { Catalog, LoadedTable } from '../catalog/catalog.ts';
import { errorCodeOf, PermafrostError } from '../errors.ts';
import type { Schema } from '../iceberg/schema.ts';
import type { Snapshot, TableMetadata } from '../iceberg/table-metadata.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { versionOf } from './metadata-version.ts';
import { MARK, schemaChangesOf } from './night-mark.ts';
import { PROPERTY } from './table-properties.ts';

/** A table of the lake as `permafrost tables` lists it. Int64 ids are decimal strings. */
export type LakeTable = {
  readonly name: string;
  /** `schema.name` in Postgres. */
  readonly source: string;
  /** Distinct nights that the current snapshot holds. */
  readonly nights: number;
  readonly latestNight: string | undefined;
  /** Rows and bytes that the latest night wrote. */
  readonly latestRows: number;
  readonly latestBytes: number;
  /** Rows and bytes of all nights together. */
  readonly totalRows: number;
  readonly totalBytes: number;
  readonly snapshotId: string | undefined;
  readonly metadataVersion: number;
  readonly metadataLocation: string;
};

/** One snapshot of a table as `permafrost history` lists it, newest first. */
export type LakeSnapshot = {
  readonly snapshotId: string;
  readonly parentSnapshotId: string | undefined;
  readonly night: string | undefined;
  /** True where the night was recorded with the state of a later day. */
  readonly late: boolean;
  readonly committedAt: string;
  readonly operation: string;
  readonly rows: number;
  readonly bytes: number;
  /** Undefined where the metadata log no longer reaches back. */
  readonly metadataVersion: number | undefined;
  readonly consistencyGroup: string | undefined;
  readonly schemaChanges: readonly string[];
};

/** All tables of the lake, by name. */
export async function listLakeTables(catalog: Catalog): Promise<readonly LakeTable[]> {
  const tables: LakeTable[] = [];
  for await (const table of loadTables(catalog)) tables.push(summariseTable(table));
  return tables;
}

/** Every table of the lake, by name; each is loaded when it is come to. */
export async function* loadTables(catalog: Catalog): AsyncGenerator<LoadedTable> {
  for (const name of await catalog.listTables()) {
    const table = await catalog.loadTable(name);
    if (table !== undefined) yield table;
  }
}

/** As loadTables, without what another writer left in the lake: that holds no night of ours. */
export async function* loadOwnTables(catalog: Catalog): AsyncGenerator<LoadedTable> {
  for (const name of await catalog.listTables()) {
    const table = await catalog.loadTable(name).catch((error: unknown) => {
      if (errorCodeOf(error) === 'lake-foreign') return undefined;
      throw error;
    });
    if (table !== undefined) yield table;
  }
}

/**
 * Loads a table that has to be there, by its name in the lake, or as `schema.name` of the source. Error:
 * `lake-not-found`, naming the tables that are.
 */
export async function loadLakeTable(catalog: Catalog, name: string): Promise<LoadedTable> {
  const names = await catalog.listTables();
  if (names.includes(name)) {
    const loaded = await catalog.loadTable(name);
    if (loaded !== undefined) return loaded;
  }
  for (const other of names) {
    const loaded = await catalog.loadTable(other);
    if (loaded !== undefined && sourceNameOf(loaded) === name) return loaded;
  }
  throw new PermafrostError('lake-not-found', `the lake has no table ${name}`, {
    cure:
      names.length === 0 ? 'the lake is empty: archive a night first' : `choose one of: ${names.join(', ')}`,
  });
}

/** Every kept snapshot of the table, newest first. */
export function describeHistory(table: LoadedTable): readonly LakeSnapshot[] {
  const { metadata } = table;
  return metadata.snapshots.toReversed().map((snapshot) => ({
    snapshotId: String(snapshot['snapshot-id']),
    parentSnapshotId: snapshot['parent-snapshot-id']?.toString(),
    night: snapshot.summary[MARK.night],
    late: snapshot.summary[MARK.late] === 'true',
    committedAt: new Date(snapshot['timestamp-ms']).toISOString(),
    operation: snapshot.summary.operation,
    rows: Number(snapshot.summary['added-records'] ?? 0),
    bytes: Number(snapshot.summary['added-files-size'] ?? 0),
    metadataVersion: versionOf(table, snapshot)?.number,
    consistencyGroup: snapshot.summary[MARK.consistencyGroup],
    schemaChanges: schemaChangesOf(snapshot),
  }));
}

/** `schema.name` in Postgres. */
function sourceNameOf({ metadata: { properties } }: LoadedTable): string {
  return `${properties[PROPERTY.sourceSchema] ?? '?'}.${properties[PROPERTY.sourceTable] ?? '?'}`;
}

function summariseTable(table: LoadedTable): LakeTable {
  const { metadata } = table;
  const current = currentSnapshot(metadata);
  const nights = metadata.snapshots
    .map((snapshot) => snapshot.summary[MARK.night])
    .filter(isPresent)
    .toSorted();
  const latestNight = nights.at(-1);
  const latest = metadata.snapshots.findLast((snapshot) => snapshot.summary[MARK.night] === latestNight);
  return {
    name: table.name,
    source: sourceNameOf(table),
    nights: new Set(nights).size,
    latestNight,
    latestRows: Number(latest?.summary['added-records'] ?? 0),
    latestBytes: Number(latest?.summary['added-files-size'] ?? 0),
    totalRows: Number(current?.summary['total-records'] ?? 0),
    totalBytes: Number(current?.summary['total-files-size'] ?? 0),
    snapshotId: current?.['snapshot-id'].toString(),
    metadataVersion: table.metadataVersion,
    metadataLocation: table.metadataLocation,
  };
}

/** The snapshot that `main` points to. */
export function currentSnapshot(metadata: TableMetadata): Snapshot | undefined {
  return metadata.snapshots.find((snapshot) => snapshot['snapshot-id'] === metadata['current-snapshot-id']);
}

/** The schema that the files of a snapshot were written with. Error: `integrity` where the metadata has lost it. */
export function schemaOf({ name, metadata }: LoadedTable, snapshot: Snapshot): Schema {
  const id = snapshot['schema-id'] ?? metadata['current-schema-id'];
  const schema = metadata.schemas.find((candidate) => candidate['schema-id'] === id);
  if (schema === undefined) throw new PermafrostError('integrity', `${name} has no schema ${id}`);
  return schema;
}

/** A URI of the lake as a path in its store. Error: `lake-foreign` for one outside of it. */
export function pathOf(store: ObjectStore, uri: string): string {
  const prefix = `${store.rootUri}/`;
  if (uri.startsWith(prefix)) return uri.slice(prefix.length);
  throw new PermafrostError('lake-foreign', 'the lake names files that lie outside of it', {
    cure: `the lake was written under another location; open it as it was written, not as ${store.rootUri}`,
  });
}

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined;
}
