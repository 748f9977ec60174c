/** Partition specs, spelt as in the table spec's JSON (Appendix C, "Partition Specs"). */

export type Transform =
  | 'identity'
  | 'year'
  | 'month'
  | 'day'
  | 'hour'
  | 'void'
  | `bucket[${number}]`
  | `truncate[${number}]`;

export type PartitionField = {
  readonly name: string;
  readonly transform: Transform;
  readonly 'source-id': number;
  /** 1000 and up. */
  readonly 'field-id': number;
};

export type PartitionSpec = { readonly 'spec-id': number; readonly fields: readonly PartitionField[] };

/** Ids of partition fields start after this; also `last-partition-id` of a table that has none. */
export const LAST_UNASSIGNED_PARTITION_ID = 999;
