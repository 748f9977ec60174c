import type { GrowingBuffer } from './growing-buffer.ts';

/** A bound in the PLAIN encoding, without a length; where it is not exact, no value is it. */
export type Bound = { readonly value: Uint8Array; readonly isExact: boolean };

/** The smallest and the largest value of a column chunk. */
export interface Bounds {
  /** Takes in `count` values that stand in the PLAIN encoding. */
  take(values: GrowingBuffer, count: number): void;
  /** Undefined where no value has an order. */
  min(): Bound | undefined;
  max(): Bound | undefined;
  clear(): void;
}
