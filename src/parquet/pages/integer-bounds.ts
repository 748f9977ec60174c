import type { Bound, Bounds } from './bounds.ts';
import type { GrowingBuffer } from './growing-buffer.ts';

/** Of signed 32-bit numbers. */
export class Int32Bounds implements Bounds {
  #isEmpty = true;
  #min = 0;
  #max = 0;

  take({ words }: GrowingBuffer, count: number): void {
    if (count === 0) return;
    let min = this.#isEmpty ? words[0]! : this.#min;
    let max = this.#isEmpty ? words[0]! : this.#max;
    for (let at = 0; at < count; at++) {
      const value = words[at]!;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    this.#min = min;
    this.#max = max;
    this.#isEmpty = false;
  }

  min(): Bound | undefined {
    return this.#isEmpty ? undefined : exact(this.#min);
  }

  max(): Bound | undefined {
    return this.#isEmpty ? undefined : exact(this.#max);
  }

  clear(): void {
    this.#isEmpty = true;
  }
}

/** Of signed 64-bit numbers, as pairs of words: the higher one is signed, the lower one is not. */
export class Int64Bounds implements Bounds {
  #isEmpty = true;
  #minLow = 0;
  #minHigh = 0;
  #maxLow = 0;
  #maxHigh = 0;

  take({ words }: GrowingBuffer, count: number): void {
    if (count === 0) return;
    let minLow = (this.#isEmpty ? words[0]! : this.#minLow) >>> 0;
    let minHigh = this.#isEmpty ? words[1]! : this.#minHigh;
    let maxLow = (this.#isEmpty ? words[0]! : this.#maxLow) >>> 0;
    let maxHigh = this.#isEmpty ? words[1]! : this.#maxHigh;
    for (let at = 0; at < count * 2; at += 2) {
      const low = words[at]! >>> 0;
      const high = words[at + 1]!;
      if (high < minHigh || (high === minHigh && low < minLow)) {
        minLow = low;
        minHigh = high;
      }
      if (high > maxHigh || (high === maxHigh && low > maxLow)) {
        maxLow = low;
        maxHigh = high;
      }
    }
    this.#minLow = minLow | 0;
    this.#minHigh = minHigh;
    this.#maxLow = maxLow | 0;
    this.#maxHigh = maxHigh;
    this.#isEmpty = false;
  }

  min(): Bound | undefined {
    return this.#isEmpty ? undefined : exact(this.#minLow, this.#minHigh);
  }

  max(): Bound | undefined {
    return this.#isEmpty ? undefined : exact(this.#maxLow, this.#maxHigh);
  }

  clear(): void {
    this.#isEmpty = true;
  }
}

function exact(...words: readonly number[]): Bound {
  return { value: new Uint8Array(Int32Array.from(words).buffer), isExact: true };
}
