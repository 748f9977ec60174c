import { PermafrostError } from '../errors.ts';
import { type AvroRecord, readAvroFile, writeAvroFile } from './avro-file.ts';
import {
  booleanOf,
  fieldOf,
  intOf,
  longOf,
  optionalBytesOf,
  optionalIntOf,
  optionalLongOf,
  optionalRecordsOf,
  stringOf,
} from './avro-record.ts';
import { type ManifestContent, requireKnownVersion } from './manifest-header.ts';
import { manifestFileSchema } from './manifest-schema.ts';
import type { PartitionSummary } from './partition-summary.ts';

/** One manifest as a manifest list describes it. Rows of parent snapshots are carried on unchanged. */
export type ManifestFile = {
  /** Absolute URI. */
  readonly path: string;
  /** Exact bytes of the manifest. */
  readonly length: bigint;
  readonly specId: number;
  readonly content: ManifestContent;
  /** Sequence number of the commit that added the manifest. */
  readonly sequenceNumber: bigint;
  /** Lowest data sequence number of its live entries. */
  readonly minSequenceNumber: bigint;
  readonly addedSnapshotId: bigint;
  readonly addedFilesCount: number;
  readonly existingFilesCount: number;
  readonly deletedFilesCount: number;
  readonly addedRowsCount: bigint;
  readonly existingRowsCount: bigint;
  readonly deletedRowsCount: bigint;
  /** One for each field of the spec, in its order; null where the writer gave none. */
  readonly partitions: readonly PartitionSummary[] | null;
  readonly keyMetadata: Uint8Array | null;
};

export type ManifestListContents = {
  readonly snapshotId: bigint;
  /** Null for a table's first snapshot. */
  readonly parentSnapshotId: bigint | null;
  readonly sequenceNumber: bigint;
  /** New ones first, then those of the parent. */
  readonly manifests: readonly ManifestFile[];
};

/** Writes the manifest list of a snapshot. Rows that no reader could trust are refused. */
export function writeManifestList(contents: ManifestListContents): Uint8Array {
  const { snapshotId, parentSnapshotId, sequenceNumber, manifests } = contents;
  for (const manifest of manifests) requireSoundRow(manifest, sequenceNumber);
  if (new Set(manifests.map((manifest) => manifest.path)).size !== manifests.length) {
    throw unsound('a manifest occurs twice');
  }
  return writeAvroFile({
    schema: manifestFileSchema,
    metadata: new Map([
      ['snapshot-id', String(snapshotId)],
      ['parent-snapshot-id', String(parentSnapshotId)],
      ['sequence-number', String(sequenceNumber)],
      ['format-version', '2'],
    ]),
    records: manifests.map(manifestFileRecord),
  });
}

/** Reads a manifest list of any writer: by field id, also under the older names of the counts. */
export function readManifestList(bytes: Uint8Array): readonly ManifestFile[] {
  const { metadata, records } = readAvroFile(bytes);
  requireKnownVersion(metadata, '2');
  return records.map(manifestFileOfRecord);
}

function manifestFileRecord(manifest: ManifestFile): AvroRecord {
  return {
    manifest_path: manifest.path,
    manifest_length: manifest.length,
    partition_spec_id: manifest.specId,
    content: manifest.content === 'data' ? 0 : 1,
    sequence_number: manifest.sequenceNumber,
    min_sequence_number: manifest.minSequenceNumber,
    added_snapshot_id: manifest.addedSnapshotId,
    added_files_count: manifest.addedFilesCount,
    existing_files_count: manifest.existingFilesCount,
    deleted_files_count: manifest.deletedFilesCount,
    added_rows_count: manifest.addedRowsCount,
    existing_rows_count: manifest.existingRowsCount,
    deleted_rows_count: manifest.deletedRowsCount,
    partitions: manifest.partitions?.map(summaryRecord) ?? null,
    key_metadata: bufferOf(manifest.keyMetadata),
  };
}

function manifestFileOfRecord(record: AvroRecord): ManifestFile {
  return {
    path: stringOf(record, 500),
    length: longOf(record, 501),
    specId: intOf(record, 502),
    // Format version 1 has neither delete files nor sequence numbers.
    content: (optionalIntOf(record, 517) ?? 0) === 0 ? 'data' : 'deletes',
    sequenceNumber: optionalLongOf(record, 515) ?? 0n,
    minSequenceNumber: optionalLongOf(record, 516) ?? 0n,
    addedSnapshotId: longOf(record, 503),
    addedFilesCount: intOf(record, 504),
    existingFilesCount: intOf(record, 505),
    deletedFilesCount: intOf(record, 506),
    addedRowsCount: longOf(record, 512),
    existingRowsCount: longOf(record, 513),
    deletedRowsCount: longOf(record, 514),
    partitions: optionalRecordsOf(record, 507)?.map(summaryOf) ?? null,
    keyMetadata: optionalBytesOf(record, 519),
  };
}

function summaryRecord(summary: PartitionSummary): AvroRecord {
  return {
    contains_null: summary.containsNull,
    contains_nan: summary.containsNan,
    lower_bound: bufferOf(summary.lowerBound),
    upper_bound: bufferOf(summary.upperBound),
  };
}

function summaryOf(record: AvroRecord): PartitionSummary {
  return {
    containsNull: booleanOf(record, 509),
    containsNan: fieldOf(record, 518) === null ? null : booleanOf(record, 518),
    lowerBound: optionalBytesOf(record, 510),
    upperBound: optionalBytesOf(record, 511),
  };
}

function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

function requireSoundRow(manifest: ManifestFile, commitSequenceNumber: bigint): void {
  if (!/^[a-z][a-z0-9+.-]*:\//i.test(manifest.path)) throw unsound('a manifest path is not an absolute URI');
  if (manifest.sequenceNumber > commitSequenceNumber) throw unsound('a manifest is newer than its commit');
  if (manifest.minSequenceNumber > manifest.sequenceNumber)
    throw unsound('a manifest holds rows newer than itself');
}

function unsound(why: string): PermafrostError {
  return new PermafrostError('unexpected', `a manifest list cannot be written: ${why}`, {
    cure: 'report this as a defect',
  });
}
