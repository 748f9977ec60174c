import type { Data } from 'apache-arrow';
import { GrowingBuffer } from './growing-buffer.ts';
import { appendBits, appendRun } from './hybrid-runs.ts';
import { appendSized, type Levels } from './levels.ts';
import { isSet, validityOf } from './validity.ts';

/** Which rows of a page have a value: one bit for each, and only where some have none. */
export class DefinitionLevels implements Levels {
  readonly #bits: GrowingBuffer;
  #rows = 0;
  #nulls = 0;

  constructor(mostBytes: number) {
    this.#bits = new GrowingBuffer(mostBytes);
  }

  get count(): number {
    return this.#rows;
  }

  allow(): boolean {
    return true;
  }

  rowsWithin(_data: Data, from: number, most: number): number {
    return from + most;
  }

  append(data: Data, from: number, to: number): void {
    const valid = validityOf(data);
    if (valid !== undefined) this.#appendBits(valid, data.offset + from, data.offset + to);
    else if (this.#nulls > 0) this.#fill(this.#rows, this.#rows + to - from);
    this.#rows += to - from;
  }

  writeTo(out: GrowingBuffer): void {
    appendSized(out, () => {
      if (this.#nulls === 0 || this.#nulls === this.#rows)
        appendRun(out, this.#nulls === 0 ? 1 : 0, this.#rows, 1);
      else appendBits(out, this.#bits.bytes, this.#rows);
    });
  }

  clear(): void {
    this.#bits.clear();
    this.#rows = 0;
    this.#nulls = 0;
  }

  release(): void {
    this.#bits.release();
  }

  #appendBits(valid: Uint8Array, from: number, to: number): void {
    const start = this.#rows;
    const end = start + to - from;
    if (this.#nulls === 0) this.#fill(0, start);
    this.#makeRoom(end);
    const { bytes } = this.#bits;
    let nulls = 0;
    for (let row = start, source = from; row < end; row++, source++) {
      if ((row & 7) === 0) bytes[row >> 3] = 0;
      if (isSet(valid, source)) bytes[row >> 3]! |= 1 << (row & 7);
      else nulls++;
    }
    this.#nulls += nulls;
  }

  /** Rows that have a value. */
  #fill(from: number, to: number): void {
    this.#makeRoom(to);
    const { bytes } = this.#bits;
    let row = from;
    for (; row < to && (row & 7) !== 0; row++) bytes[row >> 3]! |= 1 << (row & 7);
    if (row === to) return;
    bytes.fill(0xff, row >> 3, (to + 7) >> 3);
    if ((to & 7) !== 0) bytes[to >> 3] = (1 << (to & 7)) - 1;
  }

  #makeRoom(rows: number): void {
    this.#bits.length = (this.#rows + 7) >> 3;
    this.#bits.reserve(((rows + 7) >> 3) - this.#bits.length);
    this.#bits.length = (rows + 7) >> 3;
  }
}
