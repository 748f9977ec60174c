import type { Data } from 'apache-arrow';
import type { GrowingBuffer } from './growing-buffer.ts';

const LENGTH_SIZE = 4;

/** The levels of a page in the making: they tell where rows begin, and which have a value. */
export interface Levels {
  /** How many there are: what the page says that it has, nulls and empty lists counted. */
  readonly count: number;
  /** Whether the column may have the nulls that these rows have. */
  allow(data: Data): boolean;
  /** Up to which row, from `from` on, there are no more than `most`. */
  rowsWithin(data: Data, from: number, most: number): number;
  /** Takes in rows `from` to `to`. */
  append(data: Data, from: number, to: number): void;
  /** Appends them as they stand in the page. */
  writeTo(out: GrowingBuffer): void;
  clear(): void;
  /** Gives its memory back. */
  release(): void;
}

/** Appends runs of levels behind their length. */
export function appendSized(out: GrowingBuffer, appendRuns: () => void): void {
  const start = out.length;
  out.reserve(LENGTH_SIZE);
  out.length += LENGTH_SIZE;
  appendRuns();
  out.view.setInt32(start, out.length - start - LENGTH_SIZE, true);
}
