import { randomBytes } from 'node:crypto';
import { assertNever, PermafrostError } from '../errors.ts';
import { applyUpdates } from './apply-update.ts';
import type { DataFile } from './data-file.ts';
import { type ManifestFile, writeManifestList } from './manifest-list.ts';
import { mergeManifests } from './merge-manifests.ts';
import { type Manifest, type ManifestContents, manifestFileOf, writeManifest } from './manifest.ts';
import { partitionKey, type Partition } from './partition-match.ts';
import type { PartitionSpec } from './partition-spec.ts';
import { type EmptiedPartition, emptyPartition } from './replace-partition.ts';
import type { Schema } from './schema.ts';
import { type SnapshotChange, summariseSnapshot } from './snapshot-summary.ts';
import type { Snapshot, TableMetadata } from './table-metadata.ts';
import type { TableRequirement, TableUpdate } from './table-update.ts';

/**
 * How the new files join the table. Replacing keeps every other partition, and earlier snapshots keep the old files; where
 * the partition held none, it is an append.
 */
export type StagedWrite =
  | { readonly kind: 'append' }
  | { readonly kind: 'replace-partition'; readonly partition: Partition };

export type StagingRequest = {
  /** Undefined for a table that `changes` create. */
  readonly base: TableMetadata | undefined;
  /** What the commit does before the snapshot: create the table, add a schema, set properties. */
  readonly changes: readonly TableUpdate[];
  /** The base's manifest list; empty where there is no snapshot yet. */
  readonly parentManifests: readonly ManifestFile[];
  /**
   * Reads one of them, its entries with what they inherit; asked only for those that may hold the partition, and for
   * small ones that are merged.
   */
  readonly loadManifest: (row: ManifestFile) => Promise<Manifest>;
  readonly write: StagedWrite;
  /** Written and verified, under the table's location and its default spec. */
  readonly dataFiles: readonly DataFile[];
  readonly snapshotId: bigint;
  /** Names this attempt's files: never the same twice. */
  readonly commitUuid: string;
  /** Milliseconds. */
  readonly now: number;
  /** Our own entries of the snapshot summary, keys `permafrost.*`. */
  readonly marks: Readonly<Record<string, string>>;
};

export type StagedSnapshot = {
  readonly snapshot: Snapshot;
  /** To be created before the commit; paths are relative to the table's location. */
  readonly filesToWrite: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** For the catalog. */
  readonly requirements: readonly TableRequirement[];
  readonly updates: readonly TableUpdate[];
};

/**
 * Prepares a snapshot: the manifests and the manifest list as bytes, and the updates that make it current. Nothing is
 * written here, and nothing refers to what is written until the catalog commits.
 *
 * Errors: `integrity` when the table's totals do not add up; `lake-foreign` when a partition cannot be replaced.
 */
export async function stageSnapshot(request: StagingRequest): Promise<StagedSnapshot> {
  const table = applyUpdates(request.base, request.changes, request.now);
  const [schema, spec] = currentLayout(table);
  requireFitting(request, table, spec);
  const sequenceNumber = BigInt(table['last-sequence-number'] + 1);
  const emptied = await emptyFor(request, schema, spec);
  const merged = await mergeManifests({ ...request, manifests: emptied.kept, spec });
  const added: ManifestContents = {
    schema,
    spec,
    snapshotId: request.snapshotId,
    entries: request.dataFiles.map((dataFile) => ({
      status: 'added',
      snapshotId: request.snapshotId,
      sequenceNumber: null,
      fileSequenceNumber: null,
      dataFile,
    })),
  };
  const written = [added, ...emptied.rewritten, ...merged.merged]
    .filter((contents) => contents.entries.length > 0)
    .map((contents, index) => {
      const path = `metadata/${request.commitUuid}-m${index}.avro`;
      const manifest = writeManifest(contents);
      const row = manifestFileOf(manifest, `${table.location}/${path}`, sequenceNumber);
      return { path, bytes: manifest.bytes, row };
    });
  const manifests = [...written.map((manifest) => manifest.row), ...merged.kept];
  if (manifests.length === 0) throw misuse('a snapshot of no files at all cannot be read by every engine');
  const snapshot = describeSnapshot(request, table, emptied.deleted, {
    manifests,
    manifestsCreated: written.length,
    manifestsReplaced: emptied.rewritten.length + emptied.kept.length - merged.kept.length,
    entriesProcessed: emptied.entriesProcessed + merged.entriesProcessed,
  });
  const list = {
    path: manifestListPath(request),
    bytes: writeManifestList({
      snapshotId: request.snapshotId,
      parentSnapshotId: snapshot['parent-snapshot-id'] ?? null,
      sequenceNumber,
      manifests,
    }),
  };
  return {
    snapshot,
    filesToWrite: [...written.map(({ path, bytes }) => ({ path, bytes })), list],
    requirements: requirementsOf(request),
    updates: [
      ...request.changes,
      { action: 'add-snapshot', snapshot },
      { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': request.snapshotId },
    ],
  };
}

/** A random positive id that JavaScript readers can hold as well: at most 2^53 - 1. */
export function newSnapshotId(): bigint {
  const id = randomBytes(8).readBigUInt64BE() & BigInt(Number.MAX_SAFE_INTEGER);
  return id === 0n ? newSnapshotId() : id;
}

async function emptyFor(
  request: StagingRequest,
  schema: Schema,
  spec: PartitionSpec,
): Promise<EmptiedPartition> {
  const { write, parentManifests } = request;
  switch (write.kind) {
    case 'append':
      return { kept: parentManifests, rewritten: [], deleted: [], entriesProcessed: 0 };
    case 'replace-partition':
      return emptyPartition({ ...request, partition: write.partition, schema, spec });
    default:
      return assertNever(write);
  }
}

function describeSnapshot(
  request: StagingRequest,
  table: TableMetadata,
  deleted: readonly DataFile[],
  changes: Pick<SnapshotChange, 'manifests' | 'manifestsCreated' | 'manifestsReplaced' | 'entriesProcessed'>,
): Snapshot {
  const parent = table.snapshots.find(
    (candidate) => candidate['snapshot-id'] === table['current-snapshot-id'],
  );
  return {
    'sequence-number': table['last-sequence-number'] + 1,
    'snapshot-id': request.snapshotId,
    ...(parent === undefined ? {} : { 'parent-snapshot-id': parent['snapshot-id'] }),
    'timestamp-ms': table['last-updated-ms'],
    summary: summariseSnapshot({
      ...changes,
      operation: deleted.length === 0 ? 'append' : 'overwrite',
      added: request.dataFiles,
      deleted,
      parent: parent?.summary,
      marks: request.marks,
    }),
    'manifest-list': `${table.location}/${manifestListPath(request)}`,
    'schema-id': table['current-schema-id'],
  };
}

function manifestListPath({ snapshotId, commitUuid }: StagingRequest): string {
  return `metadata/snap-${snapshotId}-${commitUuid}.avro`;
}

/** The table must still be as it was when the files were planned: its head, its schema, its spec. */
function requirementsOf({ base, changes }: StagingRequest): readonly TableRequirement[] {
  if (base === undefined) return [{ type: 'assert-create' }];
  const head = base['current-snapshot-id'];
  const addsSchema = changes.some((change) => change.action === 'add-schema');
  return [
    { type: 'assert-table-uuid', uuid: base['table-uuid'] },
    { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': head === -1n ? null : head },
    { type: 'assert-current-schema-id', 'current-schema-id': base['current-schema-id'] },
    { type: 'assert-default-spec-id', 'default-spec-id': base['default-spec-id'] },
    ...(addsSchema
      ? [
          {
            type: 'assert-last-assigned-field-id',
            'last-assigned-field-id': base['last-column-id'],
          } as const,
        ]
      : []),
  ];
}

function currentLayout(table: TableMetadata): readonly [Schema, PartitionSpec] {
  const schema = table.schemas.find((candidate) => candidate['schema-id'] === table['current-schema-id']);
  const spec = table['partition-specs'].find(
    (candidate) => candidate['spec-id'] === table['default-spec-id'],
  );
  if (schema === undefined || spec === undefined) throw misuse('the table has no current schema or spec');
  return [schema, spec];
}

function requireFitting(request: StagingRequest, table: TableMetadata, spec: PartitionSpec): void {
  const { dataFiles, marks, write } = request;
  const fieldIds = spec.fields.map((field) => field['field-id']);
  const wanted = write.kind === 'append' ? undefined : partitionKey(write.partition);
  if (write.kind === 'append' && dataFiles.length === 0) throw misuse('there is nothing to append');
  for (const key of Object.keys(marks)) {
    if (!key.startsWith('permafrost.')) throw misuse(`${key} is not a summary entry of ours`);
  }
  for (const { path, partition } of dataFiles) {
    if (!path.startsWith(`${table.location}/`)) throw misuse('a data file lies outside of its table');
    if (partition.size !== fieldIds.length || !fieldIds.every((id) => partition.has(id))) {
      throw misuse('a data file does not have the partition of the current spec');
    }
    if (wanted !== undefined && partitionKey(partition) !== wanted) {
      throw misuse('a data file does not belong to the partition that is replaced');
    }
  }
}

function misuse(why: string): PermafrostError {
  return new PermafrostError('unexpected', `the snapshot cannot be staged: ${why}`);
}
