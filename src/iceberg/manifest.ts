import { PermafrostError } from '../errors.ts';
import { type AvroRecord, readAvroFile, writeAvroFile } from './avro-file.ts';
import { intOf, optionalIntOf, optionalLongOf, recordOf } from './avro-record.ts';
import type { DataFile } from './data-file.ts';
import { dataFileOf, dataFileRecord, isPlainParquet, sortOrderIdOf } from './manifest-data-file.ts';
import { type ManifestContent, manifestHeader, manifestMetadata } from './manifest-header.ts';
import type { ManifestFile } from './manifest-list.ts';
import { manifestEntrySchema } from './manifest-schema.ts';
import { type StoredPartitionField, storedPartitionFields } from './partition-record.ts';
import type { PartitionSpec } from './partition-spec.ts';
import { type PartitionSummary, partitionSummary } from './partition-summary.ts';
import { partitionType, type TypedPartitionField } from './partition-type.ts';
import type { Schema } from './schema.ts';

export type ManifestEntryStatus = 'existing' | 'added' | 'deleted';

/** A file's life in one manifest: who added or deleted it, and when. Null numbers are inherited from the manifest list. */
export type ManifestEntry = {
  readonly status: ManifestEntryStatus;
  /** The snapshot that added the file or, for a deleted one, that deleted it. */
  readonly snapshotId: bigint | null;
  /** Sequence number of the file's rows. */
  readonly sequenceNumber: bigint | null;
  /** Sequence number of the snapshot that added the file; null too where an old writer did not keep it. */
  readonly fileSequenceNumber: bigint | null;
  readonly dataFile: DataFile;
  /** Another writer's sort order of the rows, carried along. */
  readonly sortOrderId?: number;
};

export type Manifest = {
  readonly formatVersion: number;
  readonly content: ManifestContent;
  /** The table's schema when the manifest was written. To write the entries again, use it and `spec`, not newer ones. */
  readonly schema: Schema;
  readonly spec: PartitionSpec;
  readonly entries: readonly ManifestEntry[];
};

/** What the manifest list says about a manifest, as far as it is known before the commit. */
export type ManifestTotals = {
  readonly length: bigint;
  readonly specId: number;
  readonly addedSnapshotId: bigint;
  readonly addedFilesCount: number;
  readonly existingFilesCount: number;
  readonly deletedFilesCount: number;
  readonly addedRowsCount: bigint;
  readonly existingRowsCount: bigint;
  readonly deletedRowsCount: bigint;
  readonly partitions: readonly PartitionSummary[];
  /** Lowest sequence number of the existing entries; null without any. Added ones get theirs with the commit. */
  readonly minSequenceNumber: bigint | null;
};

export type WrittenManifest = ManifestTotals & { readonly bytes: Uint8Array };

export type ManifestContents = {
  readonly schema: Schema;
  readonly spec: PartitionSpec;
  /** The snapshot that the manifest is written for: it adds the added and deletes the deleted entries. */
  readonly snapshotId: bigint;
  readonly entries: readonly ManifestEntry[];
};

const STATUSES: readonly ManifestEntryStatus[] = ['existing', 'added', 'deleted'];

/**
 * Writes a data manifest. Added entries get no sequence number: they inherit that of the commit, so a commit that lost a
 * race can be tried again with the same manifests. Entries that break the spec's rules are refused.
 */
export function writeManifest(contents: ManifestContents): WrittenManifest {
  const { schema, spec, snapshotId, entries } = contents;
  const partition = partitionType(spec, schema);
  for (const entry of entries) requireSoundEntry(entry, snapshotId);
  requireDistinctPaths(entries);
  const bytes = writeAvroFile({
    schema: manifestEntrySchema(partition),
    metadata: manifestMetadata(schema, spec),
    records: entryRecords(contents, partition),
  });
  return { bytes, length: BigInt(bytes.length), ...totalsOf(contents, partition) };
}

/** Reads a manifest of any writer: by field id, with columns missing, nullable or in another order. */
export function readManifest(bytes: Uint8Array): Manifest {
  const { schema: avroSchema, metadata, records } = readAvroFile(bytes);
  const header = manifestHeader(metadata);
  const partition = storedPartitionFields(avroSchema);
  return { ...header, entries: records.map((record) => entryOf(record, header.content, partition)) };
}

/**
 * Reads a manifest together with its row in a manifest list: the entries have what they inherit, and there are as many
 * as the row says. Error: `integrity` where they differ, as in a manifest that was cut short.
 */
export function readListedManifest(bytes: Uint8Array, row: ManifestFile): Manifest {
  const manifest = readManifest(bytes);
  const [existing, added, deleted] = entriesByStatus(manifest.entries);
  if (
    added.length !== row.addedFilesCount ||
    existing.length !== row.existingFilesCount ||
    deleted.length !== row.deletedFilesCount
  ) {
    throw new PermafrostError('integrity', 'a manifest does not hold the files that its manifest list says', {
      cure: 'verify the table, and restore the manifest from a copy of the lake',
    });
  }
  return { ...manifest, entries: manifest.entries.map((entry) => inheritEntry(entry, row)) };
}

/** The manifest's row in the manifest list of the commit that has this sequence number. */
export function manifestFileOf(
  { bytes: _bytes, ...totals }: ManifestTotals & { readonly bytes?: Uint8Array },
  path: string,
  sequenceNumber: bigint,
): ManifestFile {
  return {
    ...totals,
    path,
    content: 'data',
    sequenceNumber,
    minSequenceNumber: totals.minSequenceNumber ?? sequenceNumber,
    keyMetadata: null,
  };
}

/**
 * An entry with what it takes from the manifest's row in the manifest list: its snapshot id and, if added, its sequence
 * numbers. From rows with sequence number 0, which stem from format version 1, every entry takes them.
 *
 * Error: `integrity` for an entry that should have a sequence number of its own.
 */
export function inheritEntry(entry: ManifestEntry, row: ManifestFile): ManifestEntry {
  const inherited = entry.status === 'added' || row.sequenceNumber === 0n ? row.sequenceNumber : null;
  const sequenceNumber = entry.sequenceNumber ?? inherited;
  if (sequenceNumber === null) {
    throw new PermafrostError('integrity', 'a manifest has an entry that lacks its sequence number', {
      cure: 'rewrite the manifests of the table with the engine that wrote them',
    });
  }
  return {
    ...entry,
    snapshotId: entry.snapshotId ?? row.addedSnapshotId,
    sequenceNumber,
    fileSequenceNumber: entry.fileSequenceNumber ?? inherited,
  };
}

/** One record at a time: a manifest may have many thousands, with hundreds of statistics each. */
function* entryRecords(
  { entries, snapshotId }: ManifestContents,
  partition: readonly TypedPartitionField[],
): Iterable<AvroRecord> {
  for (const entry of entries) yield entryRecord(entry, snapshotId, partition);
}

function entryRecord(
  entry: ManifestEntry,
  snapshotId: bigint,
  partition: readonly TypedPartitionField[],
): AvroRecord {
  return {
    status: STATUSES.indexOf(entry.status),
    snapshot_id: entry.snapshotId ?? snapshotId,
    sequence_number: entry.sequenceNumber,
    file_sequence_number: entry.fileSequenceNumber,
    data_file: dataFileRecord(entry.dataFile, partition, entry.sortOrderId ?? null),
  };
}

function entryOf(
  record: AvroRecord,
  content: ManifestContent,
  partition: readonly StoredPartitionField[],
): ManifestEntry {
  const status = STATUSES[intOf(record, 0)];
  if (status === undefined) throw foreign('has an entry with an unknown status');
  const dataFile = recordOf(record, 2);
  const isData = (optionalIntOf(dataFile, 134) ?? 0) === 0;
  if (isData !== (content === 'data')) throw foreign('mixes data files and delete files');
  if (isData && !isPlainParquet(dataFile))
    throw foreign('has a data file that is not Parquet, or is encrypted');
  const sortOrderId = sortOrderIdOf(dataFile);
  return {
    status,
    snapshotId: optionalLongOf(record, 1),
    sequenceNumber: optionalLongOf(record, 3),
    fileSequenceNumber: optionalLongOf(record, 4),
    dataFile: dataFileOf(dataFile, partition),
    ...(sortOrderId === null ? {} : { sortOrderId }),
  };
}

function totalsOf(
  { spec, snapshotId, entries }: ManifestContents,
  partition: readonly TypedPartitionField[],
): Omit<ManifestTotals, 'length'> {
  const [existing, added, deleted] = entriesByStatus(entries);
  return {
    specId: spec['spec-id'],
    addedSnapshotId: snapshotId,
    addedFilesCount: added.length,
    existingFilesCount: existing.length,
    deletedFilesCount: deleted.length,
    addedRowsCount: rowsOf(added),
    existingRowsCount: rowsOf(existing),
    deletedRowsCount: rowsOf(deleted),
    partitions: partition.map((field) =>
      partitionSummary(
        field,
        entries.map((entry) => entry.dataFile.partition.get(field['field-id']) ?? null),
      ),
    ),
    minSequenceNumber: lowestSequenceNumber(existing),
  };
}

function entriesByStatus(
  entries: readonly ManifestEntry[],
): [existing: ManifestEntry[], added: ManifestEntry[], deleted: ManifestEntry[]] {
  const withStatus = (status: ManifestEntryStatus) => entries.filter((entry) => entry.status === status);
  return [withStatus('existing'), withStatus('added'), withStatus('deleted')];
}

function rowsOf(entries: readonly ManifestEntry[]): bigint {
  return entries.reduce((rows, entry) => rows + entry.dataFile.recordCount, 0n);
}

function lowestSequenceNumber(entries: readonly ManifestEntry[]): bigint | null {
  return entries.reduce<bigint | null>((lowest, { sequenceNumber }) => {
    return lowest === null || (sequenceNumber !== null && sequenceNumber < lowest) ? sequenceNumber : lowest;
  }, null);
}

function requireSoundEntry(entry: ManifestEntry, snapshotId: bigint): void {
  const { status, sequenceNumber, fileSequenceNumber } = entry;
  if (status === 'added' && (sequenceNumber !== null || fileSequenceNumber !== null)) {
    throw unsound('an added entry has a sequence number: it inherits that of its commit');
  }
  if (status !== 'added' && (sequenceNumber === null || entry.snapshotId === null)) {
    throw unsound(`an entry with status ${status} lacks its sequence number or snapshot id`);
  }
  if (status !== 'existing' && (entry.snapshotId ?? snapshotId) !== snapshotId) {
    throw unsound(`an entry with status ${status} names another snapshot`);
  }
  if (status === 'added' && !/^[a-z][a-z0-9+.-]*:\//i.test(entry.dataFile.path)) {
    throw unsound('a data file path is not an absolute URI');
  }
}

function requireDistinctPaths(entries: readonly ManifestEntry[]): void {
  const paths = new Set(entries.map((entry) => entry.dataFile.path));
  if (paths.size !== entries.length) throw unsound('a data file occurs twice');
}

function unsound(why: string): PermafrostError {
  return new PermafrostError('unexpected', `a manifest cannot be written: ${why}`, {
    cure: 'report this as a defect',
  });
}

function foreign(what: string): PermafrostError {
  return new PermafrostError('lake-foreign', `a manifest ${what}`, {
    cure: 'keep writers that use such files away from this table',
  });
}
