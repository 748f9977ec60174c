import type { Data } from 'apache-arrow';
import { isSet, validityOf } from './validity.ts';

/** Elements `start` to `end`. */
export type ElementRange = readonly [start: number, end: number];

/** The values of all lists, one behind the other. */
export function elementsOf({ children }: Data): Data {
  return children[0]!;
}

/** Where the elements of rows `from` to `to` stand: in one piece, but for null lists whose offsets span some. */
export function elementRanges(data: Data, from: number, to: number): readonly ElementRange[] {
  const offsets: Int32Array = data.valueOffsets;
  const valid = validityOf(data);
  if (valid === undefined) return [[offsets[from]!, offsets[to]!]];
  const ranges: ElementRange[] = [];
  let start = offsets[from]!;
  for (let row = from; row < to; row++) {
    if (offsets[row] === offsets[row + 1] || isSet(valid, data.offset + row)) continue;
    ranges.push([start, offsets[row]!]);
    start = offsets[row + 1]!;
  }
  ranges.push([start, offsets[to]!]);
  return ranges;
}

/** The last row, from `from` on, that begins no later than this element does. */
export function lastRowBefore({ valueOffsets, length }: Data, from: number, element: number): number {
  return lastWithin(from, length, (row) => valueOffsets[row]! <= element);
}

/** By bisection: the last number from `from` to `to` that fits, where all do up to it. `from` fits always. */
export function lastWithin(from: number, to: number, fits: (at: number) => boolean): number {
  let last = from;
  let tooFar = to + 1;
  while (tooFar - last > 1) {
    const middle = (last + tooFar) >> 1;
    if (fits(middle)) last = middle;
    else tooFar = middle;
  }
  return last;
}
