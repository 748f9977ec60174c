import type { Bound, Bounds } from './bounds.ts';
import type { GrowingBuffer } from './growing-buffer.ts';

/** Of signed numbers of one width, the highest byte first. */
export class FixedBytesBounds implements Bounds {
  readonly #width: number;
  #min: Uint8Array | undefined;
  #max: Uint8Array | undefined;

  constructor(width: number) {
    this.#width = width;
  }

  take({ bytes }: GrowingBuffer, count: number): void {
    for (let at = 0; at < count * this.#width; at += this.#width) {
      const value = bytes.subarray(at, at + this.#width);
      if (this.#min === undefined || compare(value, this.#min) < 0) this.#min = Uint8Array.from(value);
      if (this.#max === undefined || compare(value, this.#max) > 0) this.#max = Uint8Array.from(value);
    }
  }

  min(): Bound | undefined {
    return this.#min && { value: this.#min, isExact: true };
  }

  max(): Bound | undefined {
    return this.#max && { value: this.#max, isExact: true };
  }

  clear(): void {
    this.#min = undefined;
    this.#max = undefined;
  }
}

/** Only the first byte has a sign. */
function compare(a: Uint8Array, b: Uint8Array): number {
  if (a[0] !== b[0]) return ((a[0]! << 24) >> 24) - ((b[0]! << 24) >> 24);
  for (let at = 1; at < a.length; at++) if (a[at] !== b[at]) return a[at]! - b[at]!;
  return 0;
}
