/** Big-endian two's complement in as few bytes as hold the number: 0 is `00`, 128 is `0080`, -129 is `ff7f`. */
export function toMinimalBytes(unscaled: bigint): Uint8Array {
  // A sign bit is needed on top of the magnitude; -2^k needs no more bits than 2^k - 1.
  const magnitude = unscaled < 0n ? ~unscaled : unscaled;
  const bits = magnitude === 0n ? 0 : magnitude.toString(2).length;
  return toFixedBytes(unscaled, Math.floor(bits / 8) + 1);
}

/** Big-endian two's complement, sign-extended to `length` bytes, which must be enough. */
export function toFixedBytes(unscaled: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = BigInt.asUintN(length * 8, unscaled);
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** Reads big-endian two's complement of any length. */
export function fromBigEndianBytes(bytes: Uint8Array): bigint {
  let unsigned = 0n;
  for (const byte of bytes) unsigned = (unsigned << 8n) | BigInt(byte);
  return BigInt.asIntN(bytes.length * 8, unsigned);
}

/** Bytes that hold every unscaled value of a decimal with this precision. */
export function bytesForPrecision(precision: number): number {
  return toMinimalBytes(10n ** BigInt(precision) - 1n).length;
}
