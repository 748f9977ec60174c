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
    if (count === 0) return;
    const width = this.#width;
    let minAt = 0;
    let maxAt = 0;
    for (let at = width; at < count * width; at += width) {
      if (compare(bytes, at, bytes, minAt, width) < 0) minAt = at;
      else if (compare(bytes, at, bytes, maxAt, width) > 0) maxAt = at;
    }
    if (this.#min === undefined || compare(bytes, minAt, this.#min, 0, width) < 0)
      this.#min = Uint8Array.from(bytes.subarray(minAt, minAt + width));
    if (this.#max === undefined || compare(bytes, maxAt, this.#max, 0, width) > 0)
      this.#max = Uint8Array.from(bytes.subarray(maxAt, maxAt + width));
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
function compare(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, width: number): number {
  const sign = ((a[aAt]! << 24) >> 24) - ((b[bAt]! << 24) >> 24);
  if (sign !== 0) return sign;
  for (let at = 1; at < width; at++) {
    const differs = a[aAt + at]! - b[bAt + at]!;
    if (differs !== 0) return differs;
  }
  return 0;
}
