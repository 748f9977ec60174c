import type { ArchiveTableInput } from '../../src/archive/archiver.ts';
import { commitNight, type CommittedNight, type NightCommit } from '../../src/archive/commit-night.ts';
import { DT_FIELD } from '../../src/archive/lake-schema.ts';
import { DT_PARTITION_ID } from '../../src/archive/partitioning.ts';
import { toEpochDays } from '../../src/archive/night-date.ts';
import { loadLakeTable, pathOf } from '../../src/archive/read-lake.ts';
import type { Catalog, LoadedTable } from '../../src/catalog/catalog.ts';
import { FileCatalog } from '../../src/catalog/file-catalog.ts';
import type { DataFile } from '../../src/iceberg/data-file.ts';
import { readManifestList } from '../../src/iceberg/manifest-list.ts';
import { readManifest } from '../../src/iceberg/manifest.ts';
import type { Schema } from '../../src/iceberg/schema.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';

export const idOnly: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [DT_FIELD, { id: 2, name: 'id', required: false, type: 'long' }],
};

/** The schema of a later night; -1 lets the commit give it an id. */
export const withNote: Schema = {
  ...idOnly,
  'schema-id': -1,
  fields: [...idOnly.fields, { id: 3, name: 'note', required: false, type: 'string' }],
};

export type NightChanges = Omit<Partial<NightCommit>, 'dataFiles'> & {
  readonly runId?: string;
  readonly rows?: bigint;
  /** Name of the data file; the night and the run unless told. */
  readonly file?: string;
  readonly late?: boolean;
  /** When the Postgres snapshot was exported; always the same instant unless told. */
  readonly exportedAt?: string;
};

/** Nights of one table in memory, committed by the real parts. Each commit is a second after the one before. */
export class MemoryLake {
  readonly store: ObjectStore = createMemoryStore();
  readonly table: string;
  #now = Date.parse('2026-11-20T01:00:00Z');
  readonly catalog: Catalog = new FileCatalog(this.store, () => (this.#now += 1_000));
  readonly clock = { now: () => new Date((this.#now += 1_000)) };

  constructor(table = 'orders') {
    this.table = table;
  }

  load(): Promise<LoadedTable | undefined> {
    return this.catalog.loadTable(this.table);
  }

  input(
    night: string,
    { runId = 'run-1', late = false, exportedAt = `${night}T01:00:00.000Z` }: NightChanges = {},
  ): ArchiveTableInput {
    return {
      night,
      set: 'adhoc',
      runId,
      late,
      consistencyGroup: 'A',
      snapshot: {
        snapshotId: '1-1',
        fingerprint: '100:100:',
        lsn: '0/1A2B',
        exportedAt,
        database: 'shop',
      },
      table: {
        schema: 'public',
        name: this.table,
        oid: 16_384,
        lakeTable: this.table,
        estimatedRows: 1,
        estimatedBytes: 1,
        specialValues: 'companion',
        boundsOff: [],
      },
    };
  }

  /** Commits a night on what the table holds now, or on `loaded`. */
  async commit(
    night: string,
    changes: NightChanges = {},
    catalog: Catalog = this.catalog,
  ): Promise<CommittedNight> {
    const input = this.input(night, changes);
    const loaded = 'loaded' in changes ? changes.loaded : await this.load();
    return commitNight(
      input,
      { catalog, store: this.store, clock: this.clock },
      {
        schema: loaded === undefined ? idOnly : currentSchema(loaded),
        properties: { 'permafrost.source-schema': 'public', 'permafrost.source-table': this.table },
        ddl: { digest: 'dd1', bytes: Buffer.from('{}') },
        content: noContent,
        ...changes,
        loaded,
        dataFiles: [this.#dataFile(night, changes.file ?? `${night}-${input.runId}`, changes.rows ?? 10n)],
      },
    );
  }

  /** Names of the data files that a reader of the snapshot sees; of the current one unless told. */
  async scan(snapshotId?: bigint): Promise<readonly string[]> {
    const { metadata } = await loadLakeTable(this.catalog, this.table);
    const id = snapshotId ?? metadata['current-snapshot-id'];
    const snapshot = metadata.snapshots.find((candidate) => candidate['snapshot-id'] === id);
    if (snapshot === undefined) throw new Error('there is no such snapshot');
    const names: string[] = [];
    for (const row of readManifestList(await this.read(snapshot['manifest-list']))) {
      const live = readManifest(await this.read(row.path)).entries.filter(
        ({ status }) => status !== 'deleted',
      );
      names.push(...live.map(({ dataFile }) => dataFile.path.replace(/^.*\/(.*)\.parquet$/, '$1')));
    }
    return names.toSorted();
  }

  read(uri: string): Promise<Uint8Array> {
    return this.store.get(pathOf(this.store, uri));
  }

  #dataFile(night: string, name: string, rows: bigint): DataFile {
    return {
      path: `${this.catalog.tableLocation(this.table)}/data/dt=${night}/${name}.parquet`,
      partition: new Map([[DT_PARTITION_ID, toEpochDays(night)]]),
      recordCount: rows,
      fileSizeInBytes: rows * 8n,
      columnSizes: new Map(),
      valueCounts: new Map([[2, rows]]),
      nullValueCounts: new Map(),
      nanValueCounts: new Map(),
      lowerBounds: new Map(),
      upperBounds: new Map(),
      splitOffsets: [4n],
    };
  }
}

/** What an export says of a table that nothing is special about. */
export const noContent = {
  rowsHash: 'ab12',
  schemaChanges: [],
  specialCells: [],
  sequences: [],
  unreadSequences: [],
  warnings: [],
};

function currentSchema({ metadata }: LoadedTable): Schema {
  const schema = metadata.schemas.find(({ 'schema-id': id }) => id === metadata['current-schema-id']);
  if (schema === undefined) throw new Error('the table has no current schema');
  return schema;
}
