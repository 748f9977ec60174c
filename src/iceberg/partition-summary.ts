import { exactLowerBound, exactUpperBound, minMaxOf } from './bounds.ts';
import type { PartitionValue } from './data-file.ts';
import type { TypedPartitionField } from './partition-type.ts';

/**
 * What a manifest holds in one partition field. Readers skip a manifest by it: bounds that are missing say that every
 * value is null, so they are null only then.
 */
export type PartitionSummary = {
  readonly containsNull: boolean;
  /** Null where the writer did not say. */
  readonly containsNan: boolean | null;
  /** Single-value bytes of the least value, not truncated. */
  readonly lowerBound: Uint8Array | null;
  readonly upperBound: Uint8Array | null;
};

/** Sums up one partition field over all files of a manifest, deleted ones too. */
export function partitionSummary(
  field: TypedPartitionField,
  values: readonly PartitionValue[],
): PartitionSummary {
  const extremes = minMaxOf(values);
  return {
    containsNull: values.includes(null),
    containsNan: values.some(Number.isNaN),
    lowerBound: extremes === undefined ? null : exactLowerBound(field.type, extremes.min),
    upperBound: extremes === undefined ? null : exactUpperBound(field.type, extremes.max),
  };
}
