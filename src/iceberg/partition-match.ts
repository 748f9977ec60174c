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
 * False only where the summaries rule the partition out: a field whose values are all one other value, all greater or
 * less, or never null. Only numbers are compared, dates among them: writers differ in how they order other values, and a
 * manifest is rather read in vain than missed.
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
  if (summary.containsNan === true) return true;
  const lower = fromSingleValueBytes(field.type, lowerBound);
  if (Buffer.from(lowerBound).equals(upperBound)) return textOf(lower) === textOf(value);
  const upper = fromSingleValueBytes(field.type, upperBound);
  if (typeof lower !== 'number' || typeof upper !== 'number' || typeof value !== 'number') return true;
  return !(value < lower || value > upper);
}

function textOf(value: PartitionValue): string | null {
  if (value === null) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}
