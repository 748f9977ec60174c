import type { Data } from 'apache-arrow';
import { type Dictionary, FIRST_SLOTS, MIX_1, MIX_2 } from './dictionary.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { isSet, validityOf, viewOf } from './validity.ts';

const INDEX_WIDTH = 4;
const LENGTH_SIZE = 4;
const WORD_SIZE = 4;

/** Of texts and binaries. */
export class BytesDictionary implements Dictionary {
  readonly keys: GrowingBuffer;
  readonly #mostBytes: number;
  /** A slot has one more than the index of its value, or zero. */
  #slots = new Int32Array(FIRST_SLOTS);
  /** Of each value, where it begins in the keys, and its hash. */
  #places = new Int32Array(FIRST_SLOTS);
  #count = 0;

  constructor(mostBytes: number) {
    this.keys = new GrowingBuffer(mostBytes);
    this.#mostBytes = mostBytes;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.keys.length > this.#mostBytes;
  }

  add(data: Data, from: number, to: number, indices: GrowingBuffer): number {
    const valid = validityOf(data);
    const values: Uint8Array = data.values;
    const offsets: Int32Array = data.valueOffsets;
    const source = viewOf(values);
    indices.reserve((to - from) * INDEX_WIDTH);
    const out = indices.words;
    let at = indices.length / INDEX_WIDTH;
    let row = from;
    while (row < to && !this.isFull) {
      const here = row++;
      if (valid !== undefined && !isSet(valid, data.offset + here)) continue;
      out[at++] = this.#indexOf(values, source, offsets[here]!, offsets[here + 1]!);
    }
    indices.length = at * INDEX_WIDTH;
    return row;
  }

  clear(): void {
    this.keys.clear();
    this.#count = 0;
    this.#slots.fill(0);
  }

  #indexOf(values: Uint8Array, source: DataView, start: number, end: number): number {
    const value = hash(values, source, start, end);
    const slots = this.#slots;
    const places = this.#places;
    const keys = this.keys.view;
    let slot = value & (slots.length - 1);
    for (let found = slots[slot]!; found !== 0; found = slots[slot]!) {
      const place = places[found * 2 - 2]!;
      if (places[found * 2 - 1] === value && isEqual(keys, place, source, start, end - start))
        return found - 1;
      slot = (slot + 1) & (slots.length - 1);
    }
    return this.#append(values.subarray(start, end), value, slot);
  }

  #append(value: Uint8Array, hashed: number, slot: number): number {
    const index = this.#count++;
    if (this.#count * 2 > this.#places.length) this.#places = doubled(this.#places);
    this.keys.reserve(value.length + LENGTH_SIZE);
    this.keys.view.setInt32(this.keys.length, value.length, true);
    this.keys.length += LENGTH_SIZE;
    this.#places[index * 2] = this.keys.length;
    this.#places[index * 2 + 1] = hashed;
    this.keys.append(value);
    this.#slots[slot] = this.#count;
    if (this.#count * 2 > this.#slots.length) this.#growSlots();
    return index;
  }

  #growSlots(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    for (let index = 0; index < this.#count; index++) {
      let slot = this.#places[index * 2 + 1]! & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }
}

/** The last four bytes are taken as a word too, which overlaps the one before, rather than one by one. */
function hash(values: Uint8Array, source: DataView, start: number, end: number): number {
  let mixed = Math.imul(end - start, MIX_2);
  if (end - start < WORD_SIZE) {
    for (let at = start; at < end; at++) mixed = Math.imul(mixed ^ values[at]!, MIX_1);
    return mixed ^ (mixed >>> 15);
  }
  for (let at = start; at + WORD_SIZE < end; at += WORD_SIZE) {
    mixed = Math.imul(mixed ^ source.getInt32(at, true), MIX_1);
    mixed ^= mixed >>> 15;
  }
  mixed = Math.imul(mixed ^ source.getInt32(end - WORD_SIZE, true), MIX_1);
  return mixed ^ (mixed >>> 15);
}

function isEqual(keys: DataView, place: number, source: DataView, start: number, length: number): boolean {
  if (keys.getInt32(place - LENGTH_SIZE, true) !== length) return false;
  if (length < WORD_SIZE) {
    for (let at = 0; at < length; at++)
      if (keys.getUint8(place + at) !== source.getUint8(start + at)) return false;
    return true;
  }
  const last = length - WORD_SIZE;
  for (let at = 0; at < last; at += WORD_SIZE)
    if (keys.getInt32(place + at, true) !== source.getInt32(start + at, true)) return false;
  return keys.getInt32(place + last, true) === source.getInt32(start + last, true);
}

function doubled(places: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(places.length * 2);
  grown.set(places);
  return grown;
}
