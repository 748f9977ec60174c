import { BooleanBounds } from './boolean-bounds.ts';
import { isSet, validityOf } from './validity.ts';
import type { ValueEncoding } from './value-encoding.ts';

/** One bit for each value, the first in the lowest place. */
export const booleanValues: ValueEncoding = {
  rowsWithin: (data, from, bytes) => Math.min(data.length, from + bytes * 8),

  append(data, from, to, page, count) {
    const valid = validityOf(data);
    const bits: Uint8Array = data.values;
    page.reserve(((to - from) >> 3) + 1);
    const out = page.bytes;
    let at = count;
    for (let row = data.offset + from; row < data.offset + to; row++) {
      if (valid !== undefined && !isSet(valid, row)) continue;
      if ((at & 7) === 0) out[at >> 3] = 0;
      out[at >> 3]! |= ((bits[row >> 3]! >> (row & 7)) & 1) << (at & 7);
      at++;
    }
    page.length = (at + 7) >> 3;
    return at;
  },

  createBounds: () => new BooleanBounds(),
};
