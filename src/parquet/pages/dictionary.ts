import type { Data } from 'apache-arrow';
import type { GrowingBuffer } from './growing-buffer.ts';

/** The distinct values of a column chunk, in the order in which they came. */
export interface Dictionary {
  /** The values, in the PLAIN encoding. */
  readonly keys: GrowingBuffer;
  /** How many there are. */
  readonly count: number;
  /** It has grown over its limit: no more may come. */
  readonly isFull: boolean;
  /** Appends 32-bit indices of the values of rows `from` to `to`; gives the row where it became full, or `to`. */
  add(data: Data, from: number, to: number, indices: GrowingBuffer): number;
  clear(): void;
}

/** Slots of the hash tables: a power of two, at most half of them in use. */
export const FIRST_SLOTS = 256;

/** Any odd numbers with bits all over. */
export const MIX_1 = 0x9e3779b1 | 0;
export const MIX_2 = 0x85ebca6b | 0;
