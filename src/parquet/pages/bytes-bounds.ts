import type { Bound, Bounds } from './bounds.ts';
import type { GrowingBuffer } from './growing-buffer.ts';

const LENGTH_SIZE = 4;
/** A longer bound is cut. */
const MOST_BYTES = 64;
/** What is kept of a value: enough to cut it, and to see that it is longer. */
const KEPT_BYTES = MOST_BYTES + 1;
/** A value may have to be kept whole only if it begins with this byte, or a higher one: no others cannot be raised. */
const FIRST_OF_HIGHEST = 0xf4;

/** Gives a short bound of a long value; undefined where there is none, and so the value itself is it. */
export type Shorten = { readonly down: Shortening; readonly up: Shortening };
type Shortening = (beginning: Uint8Array, most: number) => Uint8Array | undefined;

/** Of texts and binaries, compared by unsigned bytes. Long ones count as equal where their beginnings are. */
export class BytesBounds implements Bounds {
  readonly #shorten: Shorten;
  #min: Uint8Array | undefined;
  #max: Uint8Array | undefined;

  constructor(shorten: Shorten) {
    this.#shorten = shorten;
  }

  take({ bytes, view }: GrowingBuffer, count: number): void {
    if (count === 0) return;
    let minAt = LENGTH_SIZE;
    let maxAt = LENGTH_SIZE;
    let minHead = headOf(view, minAt);
    let maxHead = minHead;
    let at = LENGTH_SIZE;
    for (let value = 0; value < count; value++) {
      const head = headOf(view, at);
      if (head < minHead || (head === minHead && compare(view, at, minAt) < 0)) {
        minAt = at;
        minHead = head;
      }
      if (head > maxHead || (head === maxHead && compare(view, at, maxAt) > 0)) {
        maxAt = at;
        maxHead = head;
      }
      at += view.getInt32(at - LENGTH_SIZE, true) + LENGTH_SIZE;
    }
    const min = bytes.subarray(minAt, minAt + keptLength(view, minAt));
    const max = bytes.subarray(maxAt, maxAt + keptLength(view, maxAt));
    if (this.#min === undefined || Buffer.compare(min, this.#min) < 0) this.#min = Uint8Array.from(min);
    if (this.#max === undefined || Buffer.compare(max, this.#max) > 0) this.#max = Uint8Array.from(max);
  }

  min(): Bound | undefined {
    return boundOf(this.#min, this.#shorten.down);
  }

  max(): Bound | undefined {
    return boundOf(this.#max, this.#shorten.up);
  }

  clear(): void {
    this.#min = undefined;
    this.#max = undefined;
  }
}

function boundOf(kept: Uint8Array | undefined, shorten: Shortening): Bound | undefined {
  if (kept === undefined) return undefined;
  const short = kept.length > MOST_BYTES ? shorten(kept, MOST_BYTES) : undefined;
  return short === undefined ? { value: kept, isExact: true } : { value: short, isExact: false };
}

function keptLength(view: DataView, at: number): number {
  const length = view.getInt32(at - LENGTH_SIZE, true);
  return view.getUint8(at) >= FIRST_OF_HIGHEST ? length : Math.min(length, KEPT_BYTES);
}

/** The first four bytes as a number that is ordered as they are; a shorter value is filled up with zeros. */
function headOf(view: DataView, at: number): number {
  const length = view.getInt32(at - LENGTH_SIZE, true);
  if (length >= 4) return view.getUint32(at);
  return length === 0 ? 0 : (view.getUint32(at) & (-1 << (32 - 8 * length))) >>> 0;
}

function compare(view: DataView, a: number, b: number): number {
  const aLength = keptLength(view, a);
  const bLength = keptLength(view, b);
  const common = Math.min(aLength, bLength);
  for (let at = 0; at < common; at++) {
    const differs = view.getUint8(a + at) - view.getUint8(b + at);
    if (differs !== 0) return differs;
  }
  return aLength - bLength;
}
