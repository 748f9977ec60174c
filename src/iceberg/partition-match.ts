import type { PartitionValue } from './data-file.ts';
import type { PartitionSummary } from './partition-summary.ts';
import type { TypedPartitionField } from './partition-type.ts';
import { fromSingleValueBytes } from './single-value.ts';

/** The values of a partition, by partition field id. */
export type Partition = ReadonlyMap<number, PartitionValue>;

/**
 * Equal for equal partitions of one spec, also where a source was promoted since (an int of then is a long of today).
 */
export function partitionKey(partition: Partition): string {
  const parts = [...partition].toSorted(([left], [right]) => left - right);
  return JSON.stringify(parts.map(([id, value]) => [id, textOf(value)]));
}

/**
 * False only where the summaries rule the partition out: a field whose values are all one other value, or never null.
 * A range is not ruled out by comparing, so that a manifest is rather read in vain than missed.
 */
export function mayHoldPartition(
  summaries: readonly PartitionSummary[] | null,
  fields: readonly TypedPartitionField[],
  partition: Partition,
): boolean {
  if (summaries?.length !== fields.length) return true;
  return fields.every((field, index) => {
    const summary = summaries[index];
    const value = partition.get(field['field-id']) ?? null;
    return summary === undefined || mayHoldValue(summary, field, value);
  });
}

function mayHoldValue(summary: PartitionSummary, field: TypedPartitionField, value: PartitionValue): boolean {
  if (value === null) return summary.containsNull;
  const { lowerBound, upperBound } = summary;
  if (lowerBound === null || upperBound === null) return true;
  if (!Buffer.from(lowerBound).equals(upperBound)) return true;
  return (
    summary.containsNan === true || textOf(fromSingleValueBytes(field.type, lowerBound)) === textOf(value)
  );
}

function textOf(value: PartitionValue): string | null {
  if (value === null) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}
