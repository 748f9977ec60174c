import type { Bound, Bounds } from './bounds.ts';
import type { GrowingBuffer } from './growing-buffer.ts';
import { isSet } from './validity.ts';

export class BooleanBounds implements Bounds {
  #hasFalse = false;
  #hasTrue = false;

  take({ bytes }: GrowingBuffer, count: number): void {
    for (let at = 0; at < count && !(this.#hasFalse && this.#hasTrue); at++) {
      if (isSet(bytes, at)) this.#hasTrue = true;
      else this.#hasFalse = true;
    }
  }

  min(): Bound | undefined {
    return this.#bound(!this.#hasFalse);
  }

  max(): Bound | undefined {
    return this.#bound(this.#hasTrue);
  }

  clear(): void {
    this.#hasFalse = false;
    this.#hasTrue = false;
  }

  #bound(value: boolean): Bound | undefined {
    if (!this.#hasFalse && !this.#hasTrue) return undefined;
    return { value: Uint8Array.of(value ? 1 : 0), isExact: true };
  }
}
