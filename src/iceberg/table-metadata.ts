import type { PartitionSpec } from './partition-spec.ts';
import type { Schema } from './schema.ts';

/**
 * Table metadata, format version 2, keys spelt as in the spec. Snapshot ids are `bigint` (63 bits on the wire);
 * sequence numbers and milliseconds fit a number. Keys that we do not know are carried over unchanged.
 */
export type TableMetadata = {
  readonly 'format-version': 2;
  readonly 'table-uuid': string;
  readonly location: string;
  readonly 'last-sequence-number': number;
  readonly 'last-updated-ms': number;
  readonly 'last-column-id': number;
  readonly 'current-schema-id': number;
  readonly schemas: readonly Schema[];
  readonly 'default-spec-id': number;
  readonly 'partition-specs': readonly PartitionSpec[];
  readonly 'last-partition-id': number;
  readonly 'default-sort-order-id': number;
  readonly 'sort-orders': readonly SortOrder[];
  readonly properties: Readonly<Record<string, string>>;
  /** -1n when there is none. */
  readonly 'current-snapshot-id': bigint;
  readonly refs: Readonly<Record<string, SnapshotRef>>;
  readonly snapshots: readonly Snapshot[];
  readonly statistics: readonly unknown[];
  readonly 'partition-statistics': readonly unknown[];
  readonly 'snapshot-log': readonly SnapshotLogEntry[];
  readonly 'metadata-log': readonly MetadataLogEntry[];
};

export type SortOrder = { readonly 'order-id': number; readonly fields: readonly unknown[] };

export type SnapshotRef = { readonly 'snapshot-id': bigint; readonly type: 'branch' | 'tag' };

export type Snapshot = {
  readonly 'sequence-number': number;
  readonly 'snapshot-id': bigint;
  readonly 'parent-snapshot-id'?: bigint;
  readonly 'timestamp-ms': number;
  readonly summary: SnapshotSummary;
  readonly 'manifest-list': string;
  readonly 'schema-id'?: number;
};

export type Operation = 'append' | 'replace' | 'overwrite' | 'delete';

/** All values are strings, also the counts. */
export type SnapshotSummary = { readonly operation: Operation } & Readonly<Record<string, string>>;

export type SnapshotLogEntry = { readonly 'timestamp-ms': number; readonly 'snapshot-id': bigint };

export type MetadataLogEntry = { readonly 'timestamp-ms': number; readonly 'metadata-file': string };
