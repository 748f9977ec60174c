import { expect, test } from 'vitest';
import { GrowingBuffer } from '../../../src/parquet/pages/growing-buffer.ts';

const MB = 2 ** 20;

/** Bytes that it has after it was used for so many, one time after another. */
function memoryAfter(...uses: readonly number[]): number {
  const buffer = new GrowingBuffer(16 * MB);
  for (const bytes of uses) {
    buffer.reserve(bytes);
    buffer.length = bytes;
    buffer.clear();
  }
  return buffer.bytes.length;
}

test('memory is kept as long as half of it is used, and little of it in any case', () => {
  expect(memoryAfter(7 * MB)).toBeGreaterThan(7 * MB);
  expect(memoryAfter(7 * MB, 4 * MB)).toBeGreaterThan(7 * MB);
  expect(memoryAfter(7 * MB, 3 * MB)).toBeLessThan(1024);
  expect(memoryAfter(3 * MB, 10)).toBeGreaterThan(3 * MB);
});

test('what one long value needed is given back at once', () => {
  expect(memoryAfter(17 * MB)).toBeLessThan(1024);
});

test('what was in use moves along when it grows', () => {
  const buffer = new GrowingBuffer(64);
  buffer.append(Buffer.from('abc'));
  buffer.append(Buffer.alloc(1000, 'd'));
  expect(buffer.taken().toString()).toBe(`abc${'d'.repeat(1000)}`);
  expect(buffer.words.buffer).toBe(buffer.bytes.buffer);
});

test('memory that it has outgrown, or is released, is given back at once', () => {
  const buffer = new GrowingBuffer(MB);
  const outgrown = buffer.bytes.buffer;
  buffer.append(Buffer.alloc(MB, 'a'));
  expect(outgrown.detached).toBe(true);
  const released = buffer.bytes.buffer;
  buffer.release();
  expect(released.detached).toBe(true);
  buffer.append(Buffer.from('anew'));
  expect(buffer.taken().toString()).toBe('anew');
});

test('what was taken is there until something is appended, whatever is kept of its memory', () => {
  const buffer = new GrowingBuffer(16 * MB);
  for (const bytes of [7 * MB, 3 * MB]) {
    buffer.append(Buffer.alloc(bytes, 'a'));
    const taken = buffer.taken();
    buffer.clear();
    expect(taken.equals(Buffer.alloc(bytes, 'a'))).toBe(true);
  }
});
