import type { Data } from 'apache-arrow';
import { MIX_1 } from './dictionary.ts';
import { FixedWidthDictionary } from './fixed-width-dictionary.ts';
import type { GrowingBuffer } from './growing-buffer.ts';
import { isSet, validityOf, wordsOf } from './validity.ts';

const WIDTH = 4;

/** Of 32-bit values, compared as the bits they are. */
export class WordDictionary extends FixedWidthDictionary {
  constructor(stride: number, mostBytes: number) {
    super(stride, mostBytes, WIDTH);
  }

  add(data: Data, from: number, to: number, indices: GrowingBuffer): number {
    const valid = validityOf(data);
    const values = wordsOf(data);
    const { stride, mostCount } = this;
    indices.reserve((to - from) * WIDTH);
    const out = indices.words;
    let at = indices.length / WIDTH;
    let { slots, shift } = this;
    let keys = this.keys.words;
    let row = from;
    while (row < to) {
      const here = row++;
      if (valid !== undefined && !isSet(valid, data.offset + here)) continue;
      const value = values[here * stride]!;
      let slot = hash(value) >>> shift;
      let found = slots[slot]!;
      while (found !== 0 && keys[found - 1] !== value) {
        slot = (slot + 1) & (slots.length - 1);
        found = slots[slot]!;
      }
      if (found === 0) {
        found = this.#append(value, slot);
        ({ slots, shift } = this);
        keys = this.keys.words;
      }
      out[at++] = found - 1;
      if (found > mostCount) break;
    }
    indices.length = at * WIDTH;
    return row;
  }

  protected override hashOf(index: number): number {
    return hash(this.keys.words[index]!);
  }

  #append(value: number, slot: number): number {
    this.keys.reserve(WIDTH);
    this.keys.words[this.count] = value;
    this.keys.length += WIDTH;
    return this.occupy(slot);
  }
}

function hash(value: number): number {
  return Math.imul(value, MIX_1);
}
