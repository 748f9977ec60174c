/**
 * One data file as a manifest entry describes it. Maps are keyed by Iceberg field id. Bounds are single-value
 * serialised bytes (spec, Appendix D), already truncated.
 */
export type DataFile = {
  /** Absolute URI. */
  readonly path: string;
  /** Partition values by partition field id, as the transform's result: days for a date, `null` for null. */
  readonly partition: ReadonlyMap<number, PartitionValue>;
  readonly recordCount: bigint;
  readonly fileSizeInBytes: bigint;
  /** Compressed bytes of each leaf column. */
  readonly columnSizes: ReadonlyMap<number, bigint>;
  readonly valueCounts: ReadonlyMap<number, bigint>;
  readonly nullValueCounts: ReadonlyMap<number, bigint>;
  readonly nanValueCounts: ReadonlyMap<number, bigint>;
  readonly lowerBounds: ReadonlyMap<number, Uint8Array>;
  readonly upperBounds: ReadonlyMap<number, Uint8Array>;
  /** Byte offset of each row group, ascending. */
  readonly splitOffsets: readonly bigint[];
};

export type PartitionValue = null | boolean | number | bigint | string | Uint8Array;
