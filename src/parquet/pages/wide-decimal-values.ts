import { FixedBytesBounds } from './fixed-bytes-bounds.ts';
import { isSet, validityOf } from './validity.ts';
import type { ValueEncoding } from './value-encoding.ts';

/** Arrow's width of a decimal. */
const STRIDE = 16;

/** FIXED_LEN_BYTE_ARRAY: the last `width` bytes of a decimal, the highest first. */
export function wideDecimalValues(width: number): ValueEncoding {
  return {
    rowsWithin: (data, from, bytes) => Math.min(data.length, from + Math.floor(bytes / width)),

    append(data, from, to, page, count) {
      const valid = validityOf(data);
      const { buffer, byteOffset, byteLength } = data.values;
      const source = new Uint8Array(buffer, byteOffset, byteLength);
      page.reserve((to - from) * width);
      const out = page.bytes;
      let at = count * width;
      for (let row = from; row < to; row++) {
        if (valid !== undefined && !isSet(valid, data.offset + row)) continue;
        for (let byte = width - 1; byte >= 0; byte--) out[at++] = source[row * STRIDE + byte]!;
      }
      page.length = at;
      return at / width;
    },

    createBounds: () => new FixedBytesBounds(width),
  };
}
