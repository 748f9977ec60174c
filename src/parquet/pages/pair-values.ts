import type { Bounds } from './bounds.ts';
import { PairDictionary } from './pair-dictionary.ts';
import { isSet, validityOf, wordsOf } from './validity.ts';
import type { ValueEncoding } from './value-encoding.ts';

const WIDTH = 8;

/**
 * INT64 and DOUBLE, as pairs of words: so no bigint is made. `stride`: words from one value to the next in Arrow; of
 * more than two, the first two have the value.
 */
export function pairValues(stride: number, createBounds: () => Bounds): ValueEncoding {
  return {
    rowsWithin: (data, from, bytes) => Math.min(data.length, from + Math.floor(bytes / WIDTH)),

    append(data, from, to, page, count) {
      const valid = validityOf(data);
      const values = wordsOf(data);
      page.reserve((to - from) * WIDTH);
      const out = page.words;
      let at = count * 2;
      if (valid === undefined && stride === 2) {
        out.set(values.subarray(from * 2, to * 2), at);
        at += (to - from) * 2;
      } else {
        for (let row = from; row < to; row++) {
          if (valid !== undefined && !isSet(valid, data.offset + row)) continue;
          out[at] = values[row * stride]!;
          out[at + 1] = values[row * stride + 1]!;
          at += 2;
        }
      }
      page.length = at * 4;
      return at / 2;
    },

    createDictionary: (mostBytes) => new PairDictionary(stride, mostBytes),
    createBounds,
  };
}
