import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashOfParts, TupleHash } from '../../../src/postgres/copy/tuple-hash.ts';

const tuples = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });

/** As the server frames a tuple: 'd', the length of itself and the tuple, the tuple. */
function framed(tuple: Uint8Array): Buffer {
  const head = Buffer.from([0x64, 0, 0, 0, 0]);
  head.writeInt32BE(tuple.length + 4, 1);
  return Buffer.concat([head, tuple]);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function hashInPieces(hash: TupleHash, bytes: Uint8Array, pieceBytes: number): string {
  for (let at = 0; at < bytes.length; at += pieceBytes) hash.update(bytes.subarray(at, at + pieceBytes));
  return hash.digest();
}

test('tuples in one part have the hash of their bytes, however these come', () => {
  fc.assert(
    fc.property(tuples, fc.integer({ min: 1, max: 64 }), (rows, pieceBytes) => {
      const bytes = Buffer.concat(rows.map(framed));
      expect(hashInPieces(new TupleHash(), bytes, pieceBytes)).toBe(sha256(bytes));
      expect(hashInPieces(new TupleHash([rows.length]), bytes, pieceBytes)).toBe(sha256(bytes));
    }),
  );
});

test('parts that were hashed apart are hashed again from the whole, also where some are empty', () => {
  fc.assert(
    fc.property(
      fc.array(tuples, { minLength: 2, maxLength: 5 }),
      fc.integer({ min: 1, max: 64 }),
      (parts, pieceBytes) => {
        const apart = parts.map((rows) => sha256(Buffer.concat(rows.map(framed))));
        const whole = Buffer.concat(parts.flat().map(framed));
        const again = new TupleHash(parts.map((rows) => rows.length));
        expect(hashInPieces(again, whole, pieceBytes)).toBe(hashOfParts(apart));
      },
    ),
  );
});

test('a row that moved to another part, or is gone, changes the hash', () => {
  const rows = [1, 2, 3, 4].map((value) => framed(Uint8Array.of(value)));
  const bytes = Buffer.concat(rows);
  const hashes = [[2, 2], [1, 3], [4], [2, 2, 0]].map((parts) =>
    hashInPieces(new TupleHash(parts), bytes, 7),
  );
  hashes.push(hashInPieces(new TupleHash([2, 2]), bytes.subarray(rows[0]!.length), 7));
  expect(new Set(hashes).size).toBe(hashes.length);
});

test('the hash of parts is that of their hashes as bytes', () => {
  const [a, b] = [sha256(Buffer.from('a')), sha256(Buffer.from('b'))];
  expect(hashOfParts([a])).toBe(a);
  expect(hashOfParts([a, b])).toBe(sha256(Buffer.from(a + b, 'hex')));
});
