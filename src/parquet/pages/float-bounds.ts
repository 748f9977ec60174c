import type { Bound, Bounds } from './bounds.ts';
import type { GrowingBuffer } from './growing-buffer.ts';

/** Either kind of floats. */
type Floats = typeof Float32Array | typeof Float64Array;

/** NaN is not below or above anything and is left out; a bound of zero takes in both zeros. */
export class FloatBounds implements Bounds {
  readonly #floats: Floats;
  #min = Infinity;
  #max = -Infinity;

  constructor(floats: Floats) {
    this.#floats = floats;
  }

  take({ words }: GrowingBuffer, count: number): void {
    const values = new this.#floats(words.buffer, 0, count);
    let min = this.#min;
    let max = this.#max;
    for (let at = 0; at < count; at++) {
      const value = values[at]!;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    this.#min = min;
    this.#max = max;
  }

  min(): Bound | undefined {
    return this.#bound(this.#min === 0 ? -0 : this.#min);
  }

  max(): Bound | undefined {
    return this.#bound(this.#max === 0 ? 0 : this.#max);
  }

  clear(): void {
    this.#min = Infinity;
    this.#max = -Infinity;
  }

  #bound(value: number): Bound | undefined {
    const isEmpty = this.#min > this.#max;
    return isEmpty ? undefined : { value: new Uint8Array(this.#floats.of(value).buffer), isExact: true };
  }
}
