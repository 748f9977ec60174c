import type { Data } from 'apache-arrow';
import { BytesDictionary } from './bytes-dictionary.ts';
import type { Bounds } from './bounds.ts';
import { isSet, validityOf, viewOf } from './validity.ts';
import type { ValueEncoding } from './value-encoding.ts';

const LENGTH_SIZE = 4;
/** Up to this size, copying in words is cheaper than a call of Node's own copy. */
const MOST_IN_WORDS = 96;

/** BYTE_ARRAY: each value behind its length. */
export function bytesValues(createBounds: () => Bounds): ValueEncoding {
  return { rowsWithin, append, countBytes, createDictionary, createBounds };
}

function createDictionary(mostBytes: number): BytesDictionary {
  return new BytesDictionary(mostBytes);
}

/** By bisection: offsets only rise. */
function rowsWithin({ valueOffsets: offsets, length }: Data, from: number, bytes: number): number {
  const limit = offsets[from]! + bytes + LENGTH_SIZE * from;
  let fits = from;
  let tooFar = length + 1;
  while (tooFar - fits > 1) {
    const middle = (fits + tooFar) >> 1;
    if (offsets[middle]! + LENGTH_SIZE * middle <= limit) fits = middle;
    else tooFar = middle;
  }
  return fits;
}

const append: ValueEncoding['append'] = (data, from, to, page, count) => {
  const valid = validityOf(data);
  const values: Uint8Array = data.values;
  const offsets: Int32Array = data.valueOffsets;
  page.reserve(offsets[to]! - offsets[from]! + LENGTH_SIZE * (to - from));
  const source = viewOf(values);
  const whole = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const { bytes, view } = page;
  const lastWord = values.length - 8;
  let at = page.length;
  let taken = count;
  let start = offsets[from]!;
  for (let row = from; row < to; row++) {
    const end = offsets[row + 1]!;
    if (valid === undefined || isSet(valid, data.offset + row)) {
      const length = end - start;
      view.setInt32(at, length, true);
      at += LENGTH_SIZE;
      if (length <= MOST_IN_WORDS && end <= lastWord) {
        // Up to seven bytes too many, over which the next value is written.
        for (let done = 0; done < length; done += 8) {
          view.setInt32(at + done, source.getInt32(start + done, true), true);
          view.setInt32(at + done + 4, source.getInt32(start + done + 4, true), true);
        }
      } else whole.copy(bytes, at, start, end);
      at += length;
      taken++;
    }
    start = end;
  }
  // Node's copy cuts what it has no room for.
  if (at > bytes.length)
    throw new RangeError(`values of ${at} bytes in a page with room for ${bytes.length}`);
  page.length = at;
  return taken;
};

function countBytes(data: Data, from: number, to: number): number {
  const offsets: Int32Array = data.valueOffsets;
  const valid = validityOf(data);
  if (valid === undefined) return offsets[to]! - offsets[from]!;
  let bytes = 0;
  for (let row = from; row < to; row++)
    if (isSet(valid, data.offset + row)) bytes += offsets[row + 1]! - offsets[row]!;
  return bytes;
}
