import { applyUpdates } from '../../src/iceberg/apply-update.ts';
import { checkRequirements } from '../../src/iceberg/check-requirements.ts';
import type { DataFile } from '../../src/iceberg/data-file.ts';
import { type ManifestFile, readManifestList } from '../../src/iceberg/manifest-list.ts';
import { inheritEntry, type Manifest, type ManifestEntry, readManifest } from '../../src/iceberg/manifest.ts';
import {
  newSnapshotId,
  stageSnapshot,
  type StagedSnapshot,
  type StagingRequest,
} from '../../src/iceberg/stage.ts';
import { parseTableMetadata, serialiseTableMetadata } from '../../src/iceberg/table-json.ts';
import type { TableMetadata } from '../../src/iceberg/table-metadata.ts';
import { validateMetadata } from '../../src/iceberg/validate-metadata.ts';
import { sampleUpdates } from './sample-table.ts';

export const LOCATION = 'memory://lake/iceberg/orders';

/** One file of a night, `dt` in days. */
export function nightFile(days: number | null, name: string, rows = 10n): DataFile {
  return {
    path: `${LOCATION}/data/dt=${days}/${name}.parquet`,
    partition: new Map([[1000, days]]),
    recordCount: rows,
    fileSizeInBytes: rows * 7n,
    columnSizes: new Map([[1, 40n]]),
    valueCounts: new Map([[1, rows]]),
    nullValueCounts: new Map([[1, 0n]]),
    nanValueCounts: new Map(),
    lowerBounds: new Map(),
    upperBounds: new Map(),
    splitOffsets: [4n],
  };
}

export const replaceNight = (days: number | null) =>
  ({ kind: 'replace-partition', partition: new Map([[1000, days]]) }) as const;

/** A table whose files live in a map: what is staged is written, committed and read back as readers do. */
export class StagedLake {
  metadata: TableMetadata | undefined;
  readonly files = new Map<string, Uint8Array>();
  /** Paths of the manifests that staging has asked for. */
  loaded: string[] = [];
  #commits = 0;

  async stage(request: Partial<StagingRequest>): Promise<StagedSnapshot> {
    this.#commits += 1;
    this.loaded = [];
    return stageSnapshot({
      base: this.metadata,
      changes: this.metadata === undefined ? sampleUpdates(LOCATION) : [],
      parentManifests: this.manifests(),
      loadManifest: (row) => {
        this.loaded.push(row.path);
        const { entries, ...manifest } = this.manifest(row.path);
        return Promise.resolve({ ...manifest, entries: entries.map((entry) => inheritEntry(entry, row)) });
      },
      write: { kind: 'append' },
      dataFiles: [],
      snapshotId: newSnapshotId(),
      commitUuid: `00000000-0000-4000-8000-${String(this.#commits).padStart(12, '0')}`,
      now: 1_000,
      marks: {},
      ...request,
    });
  }

  async commit(request: Partial<StagingRequest>): Promise<StagedSnapshot> {
    const staged = await this.stage(request);
    for (const { path, bytes } of staged.filesToWrite) this.files.set(`${LOCATION}/${path}`, bytes);
    checkRequirements(this.metadata, staged.requirements);
    const next = applyUpdates(this.metadata, staged.updates, 1_000);
    validateMetadata(next, this.metadata);
    this.metadata = parseTableMetadata(serialiseTableMetadata(next));
    return staged;
  }

  manifests(snapshotId = this.metadata?.['current-snapshot-id']): readonly ManifestFile[] {
    const snapshot = this.metadata?.snapshots.find((candidate) => candidate['snapshot-id'] === snapshotId);
    return snapshot === undefined ? [] : readManifestList(this.bytes(snapshot['manifest-list']));
  }

  manifest(path: string): Manifest {
    return readManifest(this.bytes(path));
  }

  entries(snapshotId?: bigint): readonly ManifestEntry[] {
    return this.manifests(snapshotId).flatMap((row) => this.manifest(row.path).entries);
  }

  /** Names of the live files, as a scan of that snapshot sees them. */
  scan(snapshotId?: bigint): readonly string[] {
    const live = this.entries(snapshotId).filter((entry) => entry.status !== 'deleted');
    return live.map((entry) => entry.dataFile.path.slice(`${LOCATION}/data/`.length)).toSorted();
  }

  bytes(uri: string): Uint8Array {
    const bytes = this.files.get(uri);
    if (bytes === undefined) throw new Error(`${uri} was never written`);
    return bytes;
  }
}
