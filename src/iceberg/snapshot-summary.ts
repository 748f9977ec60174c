import { PermafrostError } from '../errors.ts';
import type { DataFile } from './data-file.ts';
import type { ManifestFile } from './manifest-list.ts';
import { partitionKey } from './partition-match.ts';
import type { Operation, SnapshotSummary } from './table-metadata.ts';

/** What a snapshot does to the table, as far as its summary tells. */
export type SnapshotChange = {
  readonly operation: Extract<Operation, 'append' | 'overwrite'>;
  readonly added: readonly DataFile[];
  readonly deleted: readonly DataFile[];
  /** The snapshot's whole manifest list. */
  readonly manifests: readonly ManifestFile[];
  /** How many of them this snapshot writes. */
  readonly manifestsCreated: number;
  /** How many of the parent's manifests it writes anew. */
  readonly manifestsReplaced: number;
  /** Entries of those manifests. */
  readonly entriesProcessed: number;
  /** Summary of the parent; undefined for a first snapshot. */
  readonly parent: SnapshotSummary | undefined;
  /** Our own entries, keys `permafrost.*`. */
  readonly marks: Readonly<Record<string, string>>;
};

/**
 * The summary of a snapshot: what it changes, and what the table then holds. Engines answer `count(*)` from these
 * totals and each builds on the one before, so they are counted twice: from the parent's and from the manifest list.
 *
 * Errors: `integrity` when the two counts differ.
 */
export function summariseSnapshot(change: SnapshotChange): SnapshotSummary {
  return {
    ...change.marks,
    operation: change.operation,
    ...(change.operation === 'overwrite' ? { 'replace-partitions': 'true' } : {}),
    'manifests-created': String(change.manifestsCreated),
    'manifests-kept': String(change.manifests.length - change.manifestsCreated),
    'manifests-replaced': String(change.manifestsReplaced),
    ...withoutZeros({ 'entries-processed': BigInt(change.entriesProcessed) }),
    ...withoutZeros(deltasOf(change)),
    ...totalsOf(change),
  };
}

function deltasOf({ added, deleted }: SnapshotChange): Readonly<Record<string, bigint>> {
  const partitions = new Set([...added, ...deleted].map((file) => partitionKey(file.partition)));
  return {
    'added-data-files': BigInt(added.length),
    'deleted-data-files': BigInt(deleted.length),
    'added-records': sum(added, (file) => file.recordCount),
    'deleted-records': sum(deleted, (file) => file.recordCount),
    'added-files-size': sum(added, (file) => file.fileSizeInBytes),
    'removed-files-size': sum(deleted, (file) => file.fileSizeInBytes),
    'changed-partition-count': BigInt(partitions.size),
  };
}

/** The totals that follow from the parent's; one that the parent lacks is counted where that can be done, else left out. */
function totalsOf(change: SnapshotChange): Readonly<Record<string, string>> {
  const deltas = deltasOf(change);
  const delta = (plus: string, minus: string) => (deltas[plus] ?? 0n) - (deltas[minus] ?? 0n);
  const counted = countManifests(change.manifests);
  const totals: Readonly<Record<string, bigint | undefined>> = {
    'total-records': follow(change, 'total-records', delta('added-records', 'deleted-records')),
    'total-files-size': follow(change, 'total-files-size', delta('added-files-size', 'removed-files-size')),
    'total-data-files': follow(change, 'total-data-files', delta('added-data-files', 'deleted-data-files')),
    'total-delete-files': follow(change, 'total-delete-files', 0n),
    'total-position-deletes': follow(change, 'total-position-deletes', 0n),
    'total-equality-deletes': follow(change, 'total-equality-deletes', 0n),
  };
  for (const [key, count] of Object.entries(counted)) requireEqual(key, totals[key], count);
  const known = Object.entries({ ...totals, ...counted }).filter(([, total]) => total !== undefined);
  return Object.fromEntries(known.map(([key, total]) => [key, String(total)]));
}

function follow({ parent }: SnapshotChange, key: string, delta: bigint): bigint | undefined {
  if (parent === undefined) return delta;
  const before = parent[key];
  return before !== undefined && /^\d+$/.test(before) ? BigInt(before) + delta : undefined;
}

/** What the manifest list alone says. */
function countManifests(manifests: readonly ManifestFile[]): Readonly<Record<string, bigint>> {
  const data = manifests.filter((manifest) => manifest.content === 'data');
  const deletes = manifests.filter((manifest) => manifest.content === 'deletes');
  return {
    'total-records': sum(data, (manifest) => manifest.addedRowsCount + manifest.existingRowsCount),
    'total-data-files': sum(data, liveFiles),
    'total-delete-files': sum(deletes, liveFiles),
  };
}

function liveFiles(manifest: ManifestFile): bigint {
  return BigInt(manifest.addedFilesCount + manifest.existingFilesCount);
}

function requireEqual(key: string, followed: bigint | undefined, counted: bigint): void {
  if (followed === undefined || followed === counted) return;
  throw new PermafrostError(
    'integrity',
    `${key} would be ${followed} by the snapshot before, but the manifests hold ${counted}`,
    {
      cure: 'verify the table against its night records: an earlier commit, perhaps of another writer, was wrong',
    },
  );
}

function withoutZeros(counts: Readonly<Record<string, bigint>>): Readonly<Record<string, string>> {
  const changed = Object.entries(counts).filter(([, count]) => count !== 0n);
  return Object.fromEntries(changed.map(([key, count]) => [key, String(count)]));
}

function sum<Item>(items: readonly Item[], countOf: (item: Item) => bigint): bigint {
  return items.reduce((total, item) => total + countOf(item), 0n);
}
