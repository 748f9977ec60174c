import type { Data } from 'apache-arrow';
import type { Bounds } from './bounds.ts';
import type { Dictionary } from './dictionary.ts';
import type { GrowingBuffer } from './growing-buffer.ts';

/** How the values of one type stand in PLAIN pages. Nulls are left out: levels tell where they are. */
export type ValueEncoding = {
  /** Up to which row, from `from` on, the values take at most `bytes`; null ones counted as others. */
  rowsWithin(data: Data, from: number, bytes: number): number;
  /** Appends the values of rows `from` to `to` to a page of `count` values, and gives how many it has then. */
  append(data: Data, from: number, to: number, page: GrowingBuffer, count: number): number;
  /** What the values of these rows take, their lengths not counted; of texts and binaries only. */
  readonly countBytes?: (data: Data, from: number, to: number) => number;
  /** Without, the type never has a dictionary. */
  readonly createDictionary?: (mostBytes: number) => Dictionary;
  createBounds(): Bounds;
};
