import type { Data } from 'apache-arrow';
import { type Dictionary, FIRST_SLOTS } from './dictionary.ts';
import { GrowingBuffer } from './growing-buffer.ts';

/**
 * What dictionaries of values of one width share: a table of slots, in which a value is looked for from its hash on. The
 * loops that look are those of each width, so that the engine compiles them into plain loads and stores.
 */
export abstract class FixedWidthDictionary implements Dictionary {
  readonly keys: GrowingBuffer;
  /** Words from one value to the next in Arrow. */
  protected readonly stride: number;
  protected readonly mostCount: number;
  /** A slot has one more than the index of its value, or zero. */
  protected slots = new Int32Array(FIRST_SLOTS);
  /** A hash shifted by this is a slot. */
  protected shift = Math.clz32(FIRST_SLOTS) + 1;
  #count = 0;

  constructor(stride: number, mostBytes: number, width: number) {
    this.keys = new GrowingBuffer(mostBytes);
    this.stride = stride;
    this.mostCount = Math.floor(mostBytes / width);
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count > this.mostCount;
  }

  abstract add(data: Data, from: number, to: number, indices: GrowingBuffer): number;

  clear(): void {
    this.keys.clear();
    this.#count = 0;
    this.slots.fill(0);
  }

  /** Of a key that is there. */
  protected abstract hashOf(index: number): number;

  /** Gives the slot to the value that was put behind the keys; tells one more than its index. */
  protected occupy(slot: number): number {
    this.slots[slot] = ++this.#count;
    if (this.#count * 2 > this.slots.length) this.#growSlots();
    return this.#count;
  }

  #growSlots(): void {
    const slots = new Int32Array(this.slots.length * 2);
    this.shift--;
    for (let index = 0; index < this.#count; index++) {
      let slot = this.hashOf(index) >>> this.shift;
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = index + 1;
    }
    this.slots = slots;
  }
}
