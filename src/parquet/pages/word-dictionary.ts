import type { Data } from 'apache-arrow';
import { type Dictionary, FIRST_SLOTS, MIX_1 } from './dictionary.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { isSet, validityOf, wordsOf } from './validity.ts';

const WIDTH = 4;

/** Of 32-bit values, compared as the bits they are. */
export class WordDictionary implements Dictionary {
  readonly keys: GrowingBuffer;
  readonly #stride: number;
  readonly #mostCount: number;
  /** A slot has one more than the index of its value, or zero. */
  #slots = new Int32Array(FIRST_SLOTS);
  /** A hash shifted by this is a slot. */
  #shift = Math.clz32(FIRST_SLOTS) + 1;
  #count = 0;

  constructor(stride: number, mostBytes: number) {
    this.keys = new GrowingBuffer(mostBytes);
    this.#stride = stride;
    this.#mostCount = Math.floor(mostBytes / WIDTH);
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count > this.#mostCount;
  }

  add(data: Data, from: number, to: number, indices: GrowingBuffer): number {
    const valid = validityOf(data);
    const values = wordsOf(data);
    const stride = this.#stride;
    indices.reserve((to - from) * WIDTH);
    const out = indices.words;
    let at = indices.length / WIDTH;
    let slots = this.#slots;
    let shift = this.#shift;
    let keys = this.keys.words;
    let row = from;
    while (row < to) {
      const here = row++;
      if (valid !== undefined && !isSet(valid, data.offset + here)) continue;
      const value = values[here * stride]!;
      let slot = Math.imul(value, MIX_1) >>> shift;
      let found = slots[slot]!;
      while (found !== 0 && keys[found - 1] !== value) {
        slot = (slot + 1) & (slots.length - 1);
        found = slots[slot]!;
      }
      if (found === 0) {
        found = this.#append(value, slot);
        slots = this.#slots;
        shift = this.#shift;
        keys = this.keys.words;
      }
      out[at++] = found - 1;
      if (found > this.#mostCount) break;
    }
    indices.length = at * WIDTH;
    return row;
  }

  clear(): void {
    this.keys.clear();
    this.#count = 0;
    this.#slots.fill(0);
  }

  #append(value: number, slot: number): number {
    this.keys.reserve(WIDTH);
    this.keys.words[this.#count] = value;
    this.keys.length += WIDTH;
    this.#slots[slot] = ++this.#count;
    if (this.#count * 2 > this.#slots.length) this.#growSlots();
    return this.#count;
  }

  #growSlots(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const keys = this.keys.words;
    this.#shift--;
    for (let index = 0; index < this.#count; index++) {
      let slot = Math.imul(keys[index]!, MIX_1) >>> this.#shift;
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }
}
