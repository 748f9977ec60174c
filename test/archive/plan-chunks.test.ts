import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planChunks, usefulStreams } from '../../src/archive/plan-chunks.ts';

const MEGABYTE = 2 ** 20;
const BLOCK = 8192;

/** How many chunks a table of so many megabytes is cut into. */
function chunksOf(megabytes: number, streams: number): number {
  const bytes = megabytes * MEGABYTE;
  return planChunks({ bytes, heapBlocks: bytes / BLOCK }, streams).length;
}

test('a table is cut for as many streams as there are, unless its chunks would be very small or very large', () => {
  expect([0, 10, 127, 128, 1000, 2048, 2049, 10_240].map((size) => chunksOf(size, 2))).toEqual([
    1, 1, 1, 2, 2, 2, 3, 10,
  ]);
  expect([10, 128, 256, 1000].map((size) => chunksOf(size, 4))).toEqual([1, 2, 4, 4]);
  expect([1000, 1025].map((size) => chunksOf(size, 1))).toEqual([1, 2]);
});

test('a table whose rows cannot be found by their place is one chunk', () => {
  expect(planChunks({ bytes: 2 ** 40, heapBlocks: 0 }, 8)).toEqual([{ from: 0, to: undefined }]);
  // A few rows whose values lie elsewhere.
  expect(planChunks({ bytes: 2 ** 40, heapBlocks: 1 }, 8)).toEqual([{ from: 0, to: undefined }]);
});

test('chunks hold every block once, also those that the table gets later', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 32 - 2 }),
      fc.integer({ min: 0, max: 2 ** 36 }),
      fc.integer({ min: 1, max: 64 }),
      (heapBlocks, bytes, streams) => {
        const chunks = planChunks({ heapBlocks, bytes }, streams);
        expect(chunks[0]?.from).toBe(0);
        expect(chunks.at(-1)?.to).toBeUndefined();
        for (const [index, { from, to }] of chunks.entries()) {
          if (to === undefined) continue;
          expect(to).toBeGreaterThan(from);
          expect(chunks[index + 1]?.from).toBe(to);
        }
      },
    ),
  );
});

test('a night can use a stream for each table, and more for large ones', () => {
  const tables = [0, 1, 127, 128, 1000].map((size) => ({ estimatedBytes: size * MEGABYTE }));
  expect(usefulStreams(tables)).toBe(1 + 1 + 1 + 2 + 15);
  expect(usefulStreams([])).toBe(0);
});
