import type { GrowingBuffer } from './growing-buffer.ts';

/*
 * Parquet's hybrid of runs, which levels and indices stand in: a run of one value is (count · 2, the value), packed
 * values are (count of groups of eight · 2 + 1, the bits).
 */

/** Bits that the numbers below `count` need, at least one. */
export function bitWidthOf(count: number): number {
  return count <= 2 ? 1 : 32 - Math.clz32(count - 1);
}

/** Appends `count` times the same value. */
export function appendRun(out: GrowingBuffer, value: number, count: number, width: number): void {
  appendVarint(out, count * 2);
  out.reserve(4);
  for (let shift = 0; shift < width; shift += 8) out.bytes[out.length++] = (value >> shift) & 0xff;
}

/** Appends bits that are packed already, one for each of `count` values. */
export function appendBits(out: GrowingBuffer, bits: Uint8Array, count: number): void {
  const groups = (count + 7) >> 3;
  appendVarint(out, groups * 2 + 1);
  out.append(bits.subarray(0, groups));
}

/** Appends `width` bits of each byte, 1 or 2 of them from bit `shift` on, as one run. */
export function appendBitsOf(out: GrowingBuffer, values: GrowingBuffer, shift: number, width: number): void {
  const count = values.length;
  const groups = (count + 7) >> 3;
  const mask = (1 << width) - 1;
  values.reserve(8);
  const { bytes } = values;
  if (isConstantIn(bytes, count, mask << shift)) {
    appendRun(out, (bytes[0]! >> shift) & mask, count, width);
    return;
  }
  bytes.fill(0, count, groups * 8);
  appendVarint(out, groups * 2 + 1);
  out.reserve(groups * width);
  const packed = out.bytes;
  let at = out.length;
  for (let index = 0; index < groups * 8;) {
    let byte = 0;
    for (let bit = 0; bit < 8; bit += width) byte |= ((bytes[index++]! >> shift) & mask) << bit;
    packed[at++] = byte;
  }
  out.length = at;
}

/** Appends the first `count` values, each of `width` bits, as one run. */
export function appendPacked(out: GrowingBuffer, values: Int32Array, count: number, width: number): void {
  if (isConstant(values, count)) {
    appendRun(out, values[0] ?? 0, count, width);
    return;
  }
  const groups = (count + 7) >> 3;
  const size = groups * width;
  appendVarint(out, groups * 2 + 1);
  out.reserve(size);
  const { view } = out;
  let at = out.length;
  let word = 0;
  let bits = 0;
  for (let index = 0; index < count; index++) {
    const value = values[index]!;
    word |= value << bits;
    bits += width;
    if (bits >= 32) {
      view.setInt32(at, word, true);
      at += 4;
      bits -= 32;
      word = bits === 0 ? 0 : value >>> (width - bits);
    }
  }
  view.setInt32(at, word, true);
  out.bytes.fill(0, at + 4, out.length + size);
  out.length += size;
}

function isConstant(values: Int32Array, count: number): boolean {
  for (let index = 1; index < count; index++) if (values[index] !== values[0]) return false;
  return true;
}

/** In these bits. */
function isConstantIn(bytes: Uint8Array, count: number, bits: number): boolean {
  for (let index = 1; index < count; index++) if (((bytes[index]! ^ bytes[0]!) & bits) !== 0) return false;
  return true;
}

function appendVarint(out: GrowingBuffer, value: number): void {
  out.reserve(5);
  let rest = value;
  for (; rest > 127; rest >>>= 7) out.bytes[out.length++] = (rest & 127) | 128;
  out.bytes[out.length++] = rest;
}
