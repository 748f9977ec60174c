import { PermafrostError } from '../errors.ts';
import type { DataFile } from './data-file.ts';
import type { ManifestFile } from './manifest-list.ts';
import type { Manifest, ManifestContents } from './manifest.ts';
import { mayHoldPartition, partitionKey, type Partition } from './partition-match.ts';
import type { PartitionSpec } from './partition-spec.ts';
import { partitionType } from './partition-type.ts';
import type { Schema } from './schema.ts';

export type EmptyingRequest = {
  readonly partition: Partition;
  /** The table's default spec and current schema. */
  readonly spec: PartitionSpec;
  readonly schema: Schema;
  /** The snapshot that empties the partition. */
  readonly snapshotId: bigint;
  readonly parentManifests: readonly ManifestFile[];
  /** Reads one of them, its entries with what they inherit. */
  readonly loadManifest: (row: ManifestFile) => Promise<Manifest>;
};

/** What becomes of the parent's manifests when one partition is emptied. */
export type EmptiedPartition = {
  /** Manifests that stay byte for byte. */
  readonly kept: readonly ManifestFile[];
  /** What to write in place of those that held files of the partition. */
  readonly rewritten: readonly ManifestContents[];
  /** The files that the partition held. */
  readonly deleted: readonly DataFile[];
  /** Entries of the manifests that are rewritten. */
  readonly entriesProcessed: number;
};

/**
 * Marks every live file of the partition as deleted. Only manifests that hold one are written anew, without the
 * deletions of earlier snapshots; manifests in which nothing lives any more are left out.
 *
 * Errors: `lake-foreign` when data lies under another partition spec, where the partition cannot be told from others.
 */
export async function emptyPartition(request: EmptyingRequest): Promise<EmptiedPartition> {
  const live = request.parentManifests.filter(hasLiveFiles);
  refuseOtherSpecs(live, request.spec);
  const fields = partitionType(request.spec, request.schema);
  const kept: ManifestFile[] = [];
  const emptied: EmptiedManifest[] = [];
  for (const row of live) {
    const isCandidate = row.content === 'data' && mayHoldPartition(row.partitions, fields, request.partition);
    const rewritten = isCandidate ? await emptyManifest(request, row) : undefined;
    if (rewritten === undefined) kept.push(row);
    else emptied.push(rewritten);
  }
  return {
    kept,
    rewritten: emptied.map((manifest) => manifest.contents),
    deleted: emptied.flatMap((manifest) => manifest.deleted),
    entriesProcessed: emptied.reduce((total, manifest) => total + manifest.entriesProcessed, 0),
  };
}

type EmptiedManifest = {
  readonly contents: ManifestContents;
  readonly deleted: readonly DataFile[];
  readonly entriesProcessed: number;
};

/** Undefined where the manifest holds no live file of the partition. */
async function emptyManifest(
  { partition, snapshotId, loadManifest }: EmptyingRequest,
  row: ManifestFile,
): Promise<EmptiedManifest | undefined> {
  const manifest = await loadManifest(row);
  const wanted = partitionKey(partition);
  const deleted: DataFile[] = [];
  const entries = manifest.entries
    .filter((entry) => entry.status !== 'deleted')
    .map((entry) => {
      if (partitionKey(entry.dataFile.partition) !== wanted) return { ...entry, status: 'existing' as const };
      deleted.push(entry.dataFile);
      return { ...entry, status: 'deleted' as const, snapshotId };
    });
  if (deleted.length === 0) return undefined;
  const contents = { schema: manifest.schema, spec: manifest.spec, snapshotId, entries };
  return { contents, deleted, entriesProcessed: manifest.entries.length };
}

function hasLiveFiles(manifest: ManifestFile): boolean {
  return manifest.addedFilesCount + manifest.existingFilesCount > 0;
}

function refuseOtherSpecs(manifests: readonly ManifestFile[], spec: PartitionSpec): void {
  const other = manifests.find((manifest) => manifest.specId !== spec['spec-id']);
  if (other === undefined) return;
  throw new PermafrostError(
    'lake-foreign',
    `the table holds data under partition spec ${other.specId} besides ${spec['spec-id']}, so a partition cannot be replaced`,
    {
      cure: 'rewrite the data under one partition spec with the engine that changed it, or use another lake',
    },
  );
}
