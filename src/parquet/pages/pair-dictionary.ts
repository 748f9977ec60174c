import type { Data } from 'apache-arrow';
import { MIX_1, MIX_2 } from './dictionary.ts';
import { FixedWidthDictionary } from './fixed-width-dictionary.ts';
import type { GrowingBuffer } from './growing-buffer.ts';
import { isSet, validityOf, wordsOf } from './validity.ts';

const INDEX_WIDTH = 4;
const WIDTH = 8;

/** Of 64-bit values, compared as the bits they are. */
export class PairDictionary extends FixedWidthDictionary {
  constructor(stride: number, mostBytes: number) {
    super(stride, mostBytes, WIDTH);
  }

  add(data: Data, from: number, to: number, indices: GrowingBuffer): number {
    const valid = validityOf(data);
    const values = wordsOf(data);
    const { stride, mostCount } = this;
    indices.reserve((to - from) * INDEX_WIDTH);
    const out = indices.words;
    let at = indices.length / INDEX_WIDTH;
    let { slots, shift } = this;
    let keys = this.keys.words;
    let row = from;
    while (row < to) {
      const here = row++;
      if (valid !== undefined && !isSet(valid, data.offset + here)) continue;
      const low = values[here * stride]!;
      const high = values[here * stride + 1]!;
      let slot = hash(low, high) >>> shift;
      let found = slots[slot]!;
      while (found !== 0 && (keys[found * 2 - 2] !== low || keys[found * 2 - 1] !== high)) {
        slot = (slot + 1) & (slots.length - 1);
        found = slots[slot]!;
      }
      if (found === 0) {
        found = this.#append(low, high, slot);
        ({ slots, shift } = this);
        keys = this.keys.words;
      }
      out[at++] = found - 1;
      if (found > mostCount) break;
    }
    indices.length = at * INDEX_WIDTH;
    return row;
  }

  protected override hashOf(index: number): number {
    const { words } = this.keys;
    return hash(words[index * 2]!, words[index * 2 + 1]!);
  }

  #append(low: number, high: number, slot: number): number {
    this.keys.reserve(WIDTH);
    this.keys.words[this.count * 2] = low;
    this.keys.words[this.count * 2 + 1] = high;
    this.keys.length += WIDTH;
    return this.occupy(slot);
  }
}

function hash(low: number, high: number): number {
  return Math.imul(Math.imul(low, MIX_1) + high, MIX_2);
}
