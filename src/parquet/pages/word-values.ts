import type { Bounds } from './bounds.ts';
import { isSet, validityOf, wordsOf } from './validity.ts';
import type { ValueEncoding } from './value-encoding.ts';
import { WordDictionary } from './word-dictionary.ts';

const WIDTH = 4;

/** INT32 and FLOAT. `stride`: words from one value to the next in Arrow; of more, the first has the value. */
export function wordValues(stride: number, createBounds: () => Bounds): ValueEncoding {
  return {
    rowsWithin: (data, from, bytes) => Math.min(data.length, from + Math.floor(bytes / WIDTH)),

    append(data, from, to, page, count) {
      const valid = validityOf(data);
      const values = wordsOf(data);
      page.reserve((to - from) * WIDTH);
      const out = page.words;
      let at = count;
      if (valid === undefined && stride === 1) {
        out.set(values.subarray(from, to), at);
        at += to - from;
      } else {
        for (let row = from; row < to; row++) {
          if (valid !== undefined && !isSet(valid, data.offset + row)) continue;
          out[at++] = values[row * stride]!;
        }
      }
      page.length = at * WIDTH;
      return at;
    },

    createDictionary: (mostBytes) => new WordDictionary(stride, mostBytes),
    createBounds,
  };
}
