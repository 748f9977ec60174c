import type { PartitionSpec } from '../iceberg/partition-spec.ts';
import type { Partition } from '../iceberg/partition-match.ts';
import { DT_FIELD } from './lake-schema.ts';

/** Partition field id of `dt`; ids of partition fields begin at 1000. */
export const DT_PARTITION_ID = 1000;

/** Every table of the lake is partitioned by the night itself. */
export const DT_PARTITIONING: PartitionSpec = {
  'spec-id': 0,
  fields: [{ name: 'dt', transform: 'identity', 'source-id': DT_FIELD.id, 'field-id': DT_PARTITION_ID }],
};

/** The partition of a night, by its days since 1970-01-01. */
export function nightPartition(days: number): Partition {
  return new Map([[DT_PARTITION_ID, days]]);
}
