const WORD = 2 ** 32;

/*
 * 128-bit integers as four little-endian 32-bit words, each a non-negative double: a word times 10,000 plus a carry
 * stays far below 2^53, so plain arithmetic is exact.
 */

/** words × factor + addend, in place; both at most 10,000. False when the result is longer than 128 bits. */
export function multiplyAdd(words: number[], factor: number, addend: number): boolean {
  let carry = addend;
  for (let index = 0; index < 4; index++) {
    const product = words[index]! * factor + carry;
    carry = Math.floor(product / WORD);
    words[index] = product - carry * WORD;
  }
  return carry === 0;
}

/** Two's complement, in place. */
export function negate(words: number[]): void {
  let carry = 1;
  for (let index = 0; index < 4; index++) {
    const sum = WORD - 1 - words[index]! + carry;
    carry = sum >= WORD ? 1 : 0;
    words[index] = sum - carry * WORD;
  }
}

/** The words of a non-negative integer below 2^128. */
export function wordsOf(value: bigint): readonly number[] {
  return [0n, 32n, 64n, 96n].map((shift) => Number((value >> shift) & 0xffff_ffffn));
}
