import type { ManifestFile } from './manifest-list.ts';
import type { Manifest, ManifestContents } from './manifest.ts';
import type { PartitionSpec } from './partition-spec.ts';
import { partitionType } from './partition-type.ts';

export type MergeRequest = {
  readonly manifests: readonly ManifestFile[];
  /** The table's default spec. */
  readonly spec: PartitionSpec;
  /** The snapshot that merges. */
  readonly snapshotId: bigint;
  /** Reads one of them, its entries with what they inherit. */
  readonly loadManifest: (row: ManifestFile) => Promise<Manifest>;
};

export type MergedManifests = {
  /** Manifests that stay byte for byte. */
  readonly kept: readonly ManifestFile[];
  /** What to write in place of the others. */
  readonly merged: readonly ManifestContents[];
  readonly entriesProcessed: number;
};

/** So many small manifests become one, as other writers do it. */
const MERGED_AT_ONCE = 100;
/** Other writers aim at 8 MB. */
const SMALL_BYTES = 8_000_000 / MERGED_AT_ONCE;

/**
 * Merges small manifests once there are many of them: each night adds one, every later manifest list names it, and a
 * reader of the whole table opens them all. A manifest that cannot be read stays as it is: tonight's rows shall not wait
 * until an old night is repaired.
 */
export async function mergeManifests(request: MergeRequest): Promise<MergedManifests> {
  const { manifests, spec, snapshotId, loadManifest } = request;
  // The oldest are the last. Of a backlog no more than these, since their entries are held in memory.
  const small = manifests.filter((row) => isSmall(row, spec)).slice(-MERGED_AT_ONCE);
  if (small.length < MERGED_AT_ONCE) return { kept: manifests, merged: [], entriesProcessed: 0 };
  const loaded = new Map<ManifestFile, Manifest>();
  for (const row of small) {
    const manifest = await loadIfReadable(row, loadManifest);
    if (manifest !== undefined) loaded.set(row, manifest);
  }
  const entries = [...loaded.values()].flatMap((manifest) => manifest.entries);
  // Partition values have the types of their day.
  const alike = Map.groupBy(loaded.values(), (manifest) =>
    JSON.stringify(partitionType(manifest.spec, manifest.schema)),
  );
  return {
    kept: manifests.filter((row) => !loaded.has(row)),
    merged: [...alike.values()].flatMap((group) => mergeGroup(group, snapshotId)),
    entriesProcessed: entries.length,
  };
}

async function loadIfReadable(
  row: ManifestFile,
  loadManifest: MergeRequest['loadManifest'],
): Promise<Manifest | undefined> {
  try {
    return await loadManifest(row);
  } catch {
    return undefined;
  }
}

function isSmall({ content, specId, length, ...row }: ManifestFile, spec: PartitionSpec): boolean {
  const files = row.addedFilesCount + row.existingFilesCount;
  return (
    content === 'data' &&
    specId === spec['spec-id'] &&
    files < MERGED_AT_ONCE &&
    Number(length) <= SMALL_BYTES
  );
}

/**
 * Under the schema of the newest: statistics are by field id, and readers take the types from the table. Files that were
 * deleted are forgotten, as in any manifest that is written anew.
 */
function mergeGroup(group: readonly Manifest[], snapshotId: bigint): readonly ManifestContents[] {
  const entries = group
    .flatMap((manifest) => manifest.entries)
    .filter((entry) => entry.status !== 'deleted')
    .map((entry) => ({ ...entry, status: 'existing' as const }));
  return group.slice(0, 1).map(({ schema, spec }) => ({ schema, spec, snapshotId, entries }));
}
