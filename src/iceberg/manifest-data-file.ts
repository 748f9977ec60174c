import type { AvroRecord } from './avro-file.ts';
import {
  bytesOf,
  fieldOf,
  intOf,
  longOf,
  optionalIntOf,
  optionalLongsOf,
  optionalRecordsOf,
  recordOf,
  stringOf,
} from './avro-record.ts';
import type { DataFile } from './data-file.ts';
import { partitionRecord, partitionValues, type StoredPartitionField } from './partition-record.ts';
import type { TypedPartitionField } from './partition-type.ts';

/**
 * The `data_file` record of a Parquet data file. Statistics that are not known become empty maps, never null: readers
 * that list them fail on null.
 */
export function dataFileRecord(
  file: DataFile,
  partition: readonly TypedPartitionField[],
  sortOrderId: number | null,
): AvroRecord {
  return {
    content: 0,
    file_path: file.path,
    file_format: 'PARQUET',
    partition: partitionRecord(partition, file.partition),
    record_count: file.recordCount,
    file_size_in_bytes: file.fileSizeInBytes,
    column_sizes: keyValues(file.columnSizes),
    value_counts: keyValues(file.valueCounts),
    null_value_counts: keyValues(file.nullValueCounts),
    nan_value_counts: keyValues(file.nanValueCounts),
    lower_bounds: keyValues(file.lowerBounds),
    upper_bounds: keyValues(file.upperBounds),
    key_metadata: null,
    split_offsets: file.splitOffsets.length === 0 ? null : file.splitOffsets,
    equality_ids: null,
    sort_order_id: sortOrderId,
    referenced_data_file: null,
  };
}

/** The data file of a decoded `data_file` record, of any writer. */
export function dataFileOf(record: AvroRecord, partition: readonly StoredPartitionField[]): DataFile {
  return {
    path: stringOf(record, 100),
    partition: partition.length === 0 ? new Map() : partitionValues(partition, recordOf(record, 102)),
    recordCount: longOf(record, 103),
    fileSizeInBytes: longOf(record, 104),
    columnSizes: longsByFieldId(record, 108, 117, 118),
    valueCounts: longsByFieldId(record, 109, 119, 120),
    nullValueCounts: longsByFieldId(record, 110, 121, 122),
    nanValueCounts: longsByFieldId(record, 137, 138, 139),
    lowerBounds: bytesByFieldId(record, 125, 126, 127),
    upperBounds: bytesByFieldId(record, 128, 129, 130),
    splitOffsets: optionalLongsOf(record, 132) ?? [],
  };
}

/** True for what this product can carry from one manifest to the next without loss: Parquet, not encrypted. */
export function isPlainParquet(record: AvroRecord): boolean {
  return stringOf(record, 101).toUpperCase() === 'PARQUET' && fieldOf(record, 131) === null;
}

/** Null where the writer did not say. */
export function sortOrderIdOf(record: AvroRecord): number | null {
  return optionalIntOf(record, 140);
}

function keyValues(map: ReadonlyMap<number, bigint | Uint8Array>): AvroRecord[] {
  return [...map]
    .toSorted(([a], [b]) => a - b)
    .map(([key, value]) => ({ key, value: value instanceof Uint8Array ? bufferOf(value) : value }));
}

/** The same bytes as a Buffer, which is all that avsc takes. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function longsByFieldId(
  record: AvroRecord,
  id: number,
  keyId: number,
  valueId: number,
): ReadonlyMap<number, bigint> {
  return new Map(entriesOf(record, id).map((entry) => [intOf(entry, keyId), longOf(entry, valueId)]));
}

function bytesByFieldId(
  record: AvroRecord,
  id: number,
  keyId: number,
  valueId: number,
): ReadonlyMap<number, Uint8Array> {
  return new Map(entriesOf(record, id).map((entry) => [intOf(entry, keyId), bytesOf(entry, valueId)]));
}

function entriesOf(record: AvroRecord, id: number): readonly AvroRecord[] {
  return optionalRecordsOf(record, id) ?? [];
}
