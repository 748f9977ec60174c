import { type ArchivedDdl, ddlPath, decodeDdl } from '../archive/archived-ddl.ts';
import { MARK, sequencesOf } from '../archive/night-mark.ts';
import { loadTables, pathOf, schemaOf } from '../archive/read-lake.ts';
import { PROPERTY } from '../archive/table-properties.ts';
import type { Catalog, LoadedTable } from '../catalog/catalog.ts';
import { PermafrostError } from '../errors.ts';
import type { DataFile } from '../iceberg/data-file.ts';
import { readListedManifest } from '../iceberg/manifest.ts';
import { readManifestList } from '../iceberg/manifest-list.ts';
import type { NestedField } from '../iceberg/schema.ts';
import type { Snapshot } from '../iceberg/table-metadata.ts';
import type { SequenceValue } from '../postgres/schema/sequences.ts';
import type { ObjectName } from '../postgres/schema/statement.ts';
import { parseTablePattern, type TablePattern } from '../postgres/table-pattern.ts';
import type { ObjectStore } from '../storage/object-store.ts';

/** A table as one night left it in the lake, with all that it takes to make it anew. */
export type FrozenTable = {
  /** Postgres schema and name of that night. */
  readonly schema: string;
  readonly name: string;
  readonly lakeTable: string;
  readonly night: string;
  readonly snapshotId: string;
  /** When the exported snapshot was taken that the rows were read under, in ISO form. */
  readonly exportedAt: string;
  readonly rows: number;
  /** SHA-256 over the tuples as the source sent them; see ExportedFile.rowsHash. */
  readonly rowsHash: string;
  readonly ddl: ArchivedDdl;
  /** Of the type contract that the table keeps; empty where the lake does not say. */
  readonly contractVersion: string;
  /** Those that were read; the others are set by the rows. */
  readonly sequences: readonly SequenceValue[];
  /** Of the schema that the night's files were written with. */
  readonly fields: readonly NestedField[];
  readonly files: readonly DataFile[];
};

/** A night of the lake before its tables are looked at. */
export type HeldNight = {
  readonly night: string;
  readonly tables: readonly HeldTable[];
  /** Tables of the lake that this night does not hold. */
  readonly absent: readonly AbsentTable[];
};

export type HeldTable = {
  readonly loaded: LoadedTable;
  /** The one that wrote the night, and wrote it last. */
  readonly snapshot: Snapshot;
  readonly bytes: number;
};

export type AbsentTable = { readonly lakeTable: string; readonly latestNight: string };

export type FrozenNight = Pick<HeldNight, 'night' | 'absent'> & {
  /** By schema and name. */
  readonly tables: readonly FrozenTable[];
};

export type FrozenNightRequest = {
  /** `yyyy-mm-dd`; undefined for the newest night of the lake. */
  readonly night: string | undefined;
  /** Patterns of Postgres names; empty for all tables. */
  readonly tables: readonly string[];
};

type Lake = { readonly catalog: Catalog; readonly store: ObjectStore };

/**
 * Finds what one night holds, from the lake alone.
 * Errors: `lake-not-found` for a night or a table that is not there; `integrity` for damaged metadata.
 */
export async function findFrozenNight(lake: Lake, request: FrozenNightRequest): Promise<FrozenNight> {
  const { night, tables, absent } = await findHeldNight(lake.catalog, request.night);
  const frozen = await readAskedFor(lake.store, tables, night, request.tables.map(parseTablePattern));
  return { night, tables: newestOfEach(frozen).toSorted(byName), absent };
}

/**
 * Reads those tables of a night that patterns of Postgres names ask for; all without any. Error: `lake-not-found` for a
 * pattern that none of them has.
 */
async function readAskedFor(
  store: ObjectStore,
  tables: readonly HeldTable[],
  night: string,
  patterns: readonly TablePattern[],
): Promise<readonly FrozenTable[]> {
  const frozen: FrozenTable[] = [];
  for (const held of tables) {
    try {
      frozen.push(await readFrozenTable(store, held, night));
    } catch (error) {
      // What cannot be read keeps only those back who ask for it, under the name that it has today.
      const name = sourceNameOf(held);
      if (patterns.length === 0 || patterns.some((pattern) => pattern.matches(name))) throw error;
    }
  }
  return narrow(frozen, patterns, night);
}

/** The name that a table had in Postgres that night; the one of today where that cannot be read. */
export async function readName(store: ObjectStore, held: HeldTable, night: string): Promise<ObjectName> {
  try {
    return await readFrozenTable(store, held, night);
  } catch {
    return sourceNameOf(held);
  }
}

function sourceNameOf({ loaded: { metadata } }: HeldTable): ObjectName {
  return {
    schema: metadata.properties[PROPERTY.sourceSchema] ?? '',
    name: metadata.properties[PROPERTY.sourceTable] ?? '',
  };
}

/** Finds the tables that a night holds, the newest night unless told. Error: `lake-not-found`. */
export async function findHeldNight(catalog: Catalog, asked: string | undefined): Promise<HeldNight> {
  const loaded: LoadedTable[] = [];
  for await (const table of loadTables(catalog)) loaded.push(table);
  const night = asked ?? loaded.flatMap(nightsOf).toSorted().at(-1);
  const tables = loaded.flatMap((table) => heldIn(table, night));
  if (night === undefined || tables.length === 0) throw noSuchNight(loaded, asked);
  return { night, tables, absent: loaded.flatMap((table) => absenceOf(table, night)) };
}

/** Reads what it takes to restore a table. */
export async function readFrozenTable(
  store: ObjectStore,
  { loaded, snapshot }: HeldTable,
  night: string,
): Promise<FrozenTable> {
  const { name: lakeTable, metadata } = loaded;
  const { summary } = snapshot;
  const digest = summary[MARK.ddl];
  if (digest === undefined) throw withoutDdl(lakeTable, night);
  const location = pathOf(store, metadata.location);
  const ddl = decodeDdl({ digest, bytes: await store.get(`${location}/${ddlPath(digest)}`) });
  return {
    schema: ddl.table.schema,
    name: ddl.table.name,
    lakeTable,
    night,
    snapshotId: String(snapshot['snapshot-id']),
    exportedAt: summary[MARK.exportedAt] ?? '',
    rows: Number(summary['added-records'] ?? 0),
    rowsHash: summary[MARK.rowsHash] ?? '',
    ddl,
    contractVersion: metadata.properties[PROPERTY.typeContract] ?? '',
    sequences: sequencesOf(snapshot),
    fields: schemaOf(loaded, snapshot).fields,
    files: await listFiles(store, snapshot),
  };
}

function nightsOf({ metadata }: LoadedTable): readonly string[] {
  return metadata.snapshots.flatMap(({ summary }) => summary[MARK.night] ?? []);
}

function heldIn(loaded: LoadedTable, night: string | undefined): readonly HeldTable[] {
  const snapshot = loaded.metadata.snapshots.findLast(({ summary }) => summary[MARK.night] === night);
  if (snapshot === undefined) return [];
  return [{ loaded, snapshot, bytes: Number(snapshot.summary['added-files-size'] ?? 0) }];
}

function absenceOf(table: LoadedTable, night: string): readonly AbsentTable[] {
  const nights = nightsOf(table);
  const latestNight = nights.toSorted().at(-1);
  if (latestNight === undefined || nights.includes(night)) return [];
  return [{ lakeTable: table.name, latestNight }];
}

/** A night's data files are those that its snapshot added, in the order in which they were written. */
async function listFiles(store: ObjectStore, snapshot: Snapshot): Promise<readonly DataFile[]> {
  const manifests = readManifestList(await store.get(pathOf(store, snapshot['manifest-list'])));
  const files: DataFile[] = [];
  for (const manifest of manifests) {
    // Where small manifests were merged, theirs bears the same snapshot, and adds nothing.
    if (manifest.addedSnapshotId !== snapshot['snapshot-id'] || manifest.addedFilesCount === 0) continue;
    const { entries } = readListedManifest(await store.get(pathOf(store, manifest.path)), manifest);
    files.push(...entries.flatMap(({ status, dataFile }) => (status === 'added' ? [dataFile] : [])));
  }
  return files;
}

function narrow(
  tables: readonly FrozenTable[],
  patterns: readonly TablePattern[],
  night: string,
): readonly FrozenTable[] {
  if (patterns.length === 0) return tables;
  const unmatched = patterns.filter((pattern) => !tables.some((table) => pattern.matches(table)));
  if (unmatched.length > 0) {
    const names = unmatched.map(({ text }) => text).join(', ');
    throw new PermafrostError('lake-not-found', `the night ${night} holds no table ${names}`, {
      cure: 'correct the name, or choose another night: permafrost history <table> lists them',
    });
  }
  return tables.filter((table) => patterns.some((pattern) => pattern.matches(table)));
}

/**
 * Each table once. A night that was done again after a table was given another folder in the lake is in both; and so it
 * is where someone copied a folder.
 */
function newestOfEach(tables: readonly FrozenTable[]): readonly FrozenTable[] {
  const byAge = tables.toSorted((a, b) => Date.parse(a.exportedAt) - Date.parse(b.exportedAt));
  return [...new Map(byAge.map((table) => [JSON.stringify([table.schema, table.name]), table])).values()];
}

function byName(a: FrozenTable, b: FrozenTable): number {
  return a.schema === b.schema ? (a.name < b.name ? -1 : 1) : a.schema < b.schema ? -1 : 1;
}

function noSuchNight(loaded: readonly LoadedTable[], asked: string | undefined): PermafrostError {
  const nights = [...new Set(loaded.flatMap(nightsOf))].toSorted();
  if (nights.length === 0) {
    return new PermafrostError('lake-not-found', 'the lake holds no night', { cure: 'name another lake' });
  }
  const before = nights.findLast((night) => night < (asked ?? '')) ?? nights[0];
  return new PermafrostError('lake-not-found', `the lake does not hold the night ${asked}`, {
    cure: `its nights go from ${nights[0]} to ${nights.at(-1)}; try ${before}`,
  });
}

function withoutDdl(lakeTable: string, night: string): PermafrostError {
  return new PermafrostError(
    'lake-foreign',
    `the night ${night} of ${lakeTable} was archived without its DDL`,
    {
      cure: 'leave the table out, and read its rows with permafrost query',
    },
  );
}
