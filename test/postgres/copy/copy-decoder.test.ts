import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCopyDecoder, LARGEST_BATCH_BYTES } from '../../../src/postgres/copy/copy-decoder.ts';
import { SpecialValueFound } from '../../../src/postgres/copy/special-value.ts';
import type { WireType } from '../../../src/postgres/copy/wire-column.ts';
import {
  array,
  copyStream,
  header,
  hex,
  int2,
  int4,
  int8,
  messages,
  numeric,
  trailer,
  tuple,
  wireColumn,
} from './copy-bytes.ts';
import { cellsOf, decodeStream } from './copy-cells.ts';

/** Decodes one column of a type that has room for special values. */
function decodeValues(wire: WireType, values: readonly (Buffer | null)[]) {
  const decoded = decodeStream(
    [wireColumn('a', wire, { companion: true })],
    [copyStream(values.map((value) => [value]))],
  );
  return { cells: decoded.columns[0], raw: decoded.columns[1], specialCells: decoded.specialCells };
}

const text: WireType = { kind: 'text' };
const textArray: WireType = { kind: 'array', element: { kind: 'text' } };

describe('values', () => {
  test('B14: integers keep their limits and what a double cannot hold', () => {
    expect(decodeValues({ kind: 'int2' }, [int2(-32768), int2(32767), null]).cells).toEqual([
      -32768,
      32767,
      null,
    ]);
    expect(decodeValues({ kind: 'int4' }, [int4(-(2 ** 31)), int4(2 ** 31 - 1), null]).cells).toEqual([
      -(2 ** 31),
      2 ** 31 - 1,
      null,
    ]);
    const limits = [-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n, 0n];
    expect(decodeValues({ kind: 'int8' }, limits.map(int8)).cells).toEqual(limits);
  });

  test('B15: an oid is unsigned', () => {
    expect(decodeValues({ kind: 'oid' }, [hex('ffffffff'), hex('00000001'), null]).cells).toEqual([
      4294967295n,
      1n,
      null,
    ]);
  });

  test('B12, B13: floats keep every bit: the payload of a NaN, minus zero, subnormal numbers', () => {
    const doubles = [
      '7ff8000000000001',
      'fff0000000000000',
      '8000000000000000',
      '0000000000000001',
      '7fefffffffffffff',
    ];
    expect(decodeValues({ kind: 'float8' }, doubles.map(hex)).cells).toEqual(doubles);
    const singles = ['7fc00001', '3dcccccd', '80000000'];
    expect(decodeValues({ kind: 'float4' }, singles.map(hex)).cells).toEqual(singles);
  });

  test('booleans are packed bit by bit, nulls apart', () => {
    const values = Array.from({ length: 19 }, (_, row) => (row % 5 === 0 ? null : row % 3 === 0));
    const bytes = values.map((value) => (value === null ? null : hex(value ? '01' : '00')));
    expect(decodeValues({ kind: 'bool' }, bytes).cells).toEqual(values);
    const [batch] = decodeStream(
      [wireColumn('a', { kind: 'bool' })],
      [copyStream(bytes.map((value) => [value]))],
    ).batches;
    // Bits behind the last row are zero, so equal rows are equal bytes.
    expect(batch!.columns[0]!.nullBitmap).toEqual(new Uint8Array([0b11011110, 0b01111011, 0b111]));
  });

  test('B17, B18, B19: text is copied byte by byte; an empty one is not NULL', () => {
    const values = [
      '',
      null,
      'ab   ',
      '\r\n\t\\',
      '\\N',
      '\\.',
      '"\'',
      '\u2028',
      '\ufeffx',
      'e\u0301',
      '😀',
      '\u202e',
    ];
    const bytes = values.map((value) => (value === null ? null : Buffer.from(value)));
    expect(decodeValues(text, bytes).cells).toEqual(values);
  });

  test('text of every length around the word size is copied whole', () => {
    const values = Array.from({ length: 400 }, (_, length) =>
      String.fromCodePoint(0x61 + (length % 26)).repeat(length),
    );
    expect(
      decodeValues(
        text,
        values.map((value) => Buffer.from(value)),
      ).cells,
    ).toEqual(values);
  });

  test('B24: bytea keeps all 256 bytes, an empty value, a zero at the end', () => {
    const values = [
      Buffer.alloc(0),
      Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
      hex('ff00'),
    ];
    expect(decodeValues({ kind: 'bytea' }, values).cells).toEqual(
      values.map((value) => value.toString('hex')),
    );
  });

  test('jsonb loses its version byte and nothing else', () => {
    const values = [Buffer.from('\x01{"a": 1e400, "a": 2}'), null, Buffer.from('\x01null')];
    expect(decodeValues({ kind: 'jsonb' }, values).cells).toEqual(['{"a": 1e400, "a": 2}', null, 'null']);
    expect(() => decodeValues({ kind: 'jsonb' }, [Buffer.from('\x02{}')])).toThrow(/row 1: column "a"/);
  });

  test('a uuid becomes lower-case text', () => {
    const values = [hex('0123456789ABCDEF00112233445566ff'), Buffer.alloc(16), null];
    expect(decodeValues({ kind: 'uuid' }, values).cells).toEqual([
      '01234567-89ab-cdef-0011-2233445566ff',
      '00000000-0000-0000-0000-000000000000',
      null,
    ]);
  });

  test('dates and timestamps count from 1970', () => {
    expect(decodeValues({ kind: 'date' }, [int4(0), int4(-10957), int4(-10958), null]).cells).toEqual([
      10957,
      0,
      -1,
      null,
    ]);
    const cells = decodeValues({ kind: 'timestamp', utc: true }, [
      int8(0n),
      int8(-946684800000001n),
      null,
    ]).cells;
    expect(cells).toEqual([946684800000000n, -1n, null]);
  });

  test('arrays: {} is not NULL, elements may be NULL', () => {
    const values = [
      array(25, []),
      null,
      array(25, [null]),
      array(25, [Buffer.from('a'), null, Buffer.from('')]),
    ];
    expect(decodeValues(textArray, values).cells).toEqual([[], null, [null], ['a', null, '']]);
    const integers: WireType = { kind: 'array', element: { kind: 'int8' } };
    expect(decodeValues(integers, [array(20, [int8(2n ** 62n), null]), array(20, [])]).cells).toEqual([
      [2n ** 62n, null],
      [],
    ]);
  });

  test('B45: a table without columns has rows all the same', () => {
    const decoded = decodeStream([], [copyStream([[], []])]);
    expect(decoded).toMatchObject({ rows: 2, batches: [{ rows: 2, columns: [] }] });
  });

  test('an empty table has no batch', () => {
    expect(decodeStream([wireColumn('a', text)], [copyStream([])])).toMatchObject({ rows: 0, batches: [] });
  });
});

describe('special values', () => {
  test('B01: infinite dates and timestamps are null, and named in the companion', () => {
    const dates = decodeValues({ kind: 'date' }, [hex('7fffffff'), int4(0), hex('80000000')]);
    expect(dates.cells).toEqual([null, 10957, null]);
    expect(dates.raw).toEqual(['infinity', null, '-infinity']);
    expect(dates.specialCells).toEqual([{ column: 'a', cells: 2 }]);
    const timestamps = decodeValues({ kind: 'timestamp', utc: false }, [
      int8(2n ** 63n - 1n),
      int8(-(2n ** 63n)),
      null,
    ]);
    expect(timestamps.cells).toEqual([null, null, null]);
    expect(timestamps.raw).toEqual(['infinity', '-infinity', null]);
  });

  test('B03: the last timestamp that int64 holds since 1970 stays; the next goes to the companion', () => {
    const last = 2n ** 63n - 1n - 946684800000000n;
    const decoded = decodeValues({ kind: 'timestamp', utc: true }, [int8(last), int8(last + 1n)]);
    expect(decoded.cells).toEqual([2n ** 63n - 1n, null]);
    expect(decoded.raw).toEqual([null, '294247-01-10 04:00:54.775808+00']);
  });

  test('B09: numerics that are no numbers', () => {
    const decoded = decodeValues({ kind: 'numeric', precision: 5, scale: 2 }, [
      hex('0000 0000 c000 0000'),
      hex('0000 0000 d000 0020'),
      hex('0000 0000 f000 0020'),
      numeric(-12345n, 2),
    ]);
    expect(decoded.cells).toEqual([null, null, null, -12345n]);
    expect(decoded.raw).toEqual(['NaN', 'Infinity', '-Infinity', null]);
  });

  test('B29: arrays of other bounds or dimensions keep their text', () => {
    const twoDimensional = Buffer.concat(
      [2, 0, 25, 1, -3, 2, 5].map(int4).concat(tuple([Buffer.from('a,"\\'), null]).subarray(2)),
    );
    const decoded = decodeValues(textArray, [
      array(25, [Buffer.from('null'), Buffer.from('')], 0),
      twoDimensional,
    ]);
    expect(decoded.cells).toEqual([null, null]);
    expect(decoded.raw).toEqual(['[0:1]={"null",""}', '[-3:-3][5:6]={{"a,\\"\\\\",NULL}}']);
  });

  test('without a companion they stop the stream, and every column of the piece is named', () => {
    const columns = [
      wireColumn('d', { kind: 'date' }),
      wireColumn('t', text),
      wireColumn('n', { kind: 'date' }),
    ];
    const stream = copyStream([
      [int4(0), Buffer.from(''), hex('7fffffff')],
      [hex('80000000'), null, null],
    ]);
    const error = catchError(() => decodeStream(columns, [stream]));
    expect(error).toBeInstanceOf(SpecialValueFound);
    expect(error).toMatchObject({ code: 'value-unrepresentable', columns: ['d', 'n'] });
  });

  test('companions follow their columns, batch by batch', () => {
    const columns = [wireColumn('d', { kind: 'date' }, { companion: true }), wireColumn('t', text)];
    const rows = Array.from({ length: 100 }, (_, row) => [
      row % 7 === 3 ? hex('7fffffff') : int4(row),
      Buffer.from(`${row}`),
    ]);
    const decoded = decodeStream(columns, [copyStream(rows)], { batchBytes: 200 });
    expect(decoded.batches.length).toBeGreaterThan(3);
    expect(decoded.columns[1]).toEqual(rows.map((_, row) => (row % 7 === 3 ? 'infinity' : null)));
    expect(decoded.columns[2]).toEqual(rows.map((_, row) => `${row}`));
  });
});

describe('numeric', () => {
  test('B11: every value of every precision and scale is exact', () => {
    const types = fc
      .record({ precision: fc.integer({ min: 1, max: 38 }), scale: fc.integer({ min: 0, max: 38 }) })
      .map(({ precision, scale }) => ({ precision: Math.max(precision, scale), scale }));
    const cases = types.chain((type) => {
      const largest = 10n ** BigInt(type.precision) - 1n;
      const value = fc.oneof(
        fc.bigInt({ min: -largest, max: largest }),
        fc.bigInt({ min: -20000n, max: 20000n }).map((small) => small % (largest + 1n)),
        fc.integer({ min: 0, max: type.precision }).map((zeros) => 10n ** BigInt(zeros) % (largest + 1n)),
        fc.constantFrom(largest, -largest, 0n),
      );
      return fc.record({ type: fc.constant(type), values: fc.array(value, { minLength: 1 }) });
    });
    fc.assert(
      fc.property(cases, ({ type, values }) => {
        const decoded = decodeValues(
          { kind: 'numeric', ...type },
          values.map((value) => numeric(value, type.scale)),
        );
        expect(decoded.cells).toEqual(values);
      }),
    );
  });

  test('B11: what is too long or too fine goes to the companion with every digit', () => {
    const values = [
      numeric(10n ** 38n, 0),
      numeric(-(10n ** 38n) + 1n, 0),
      numeric(15n, 1),
      numeric(2n ** 130n, 0),
    ];
    const decoded = decodeValues({ kind: 'numeric', precision: 38, scale: 0 }, values);
    expect(decoded.cells).toEqual([null, -(10n ** 38n) + 1n, null, null]);
    expect(decoded.raw).toEqual([`1${'0'.repeat(38)}`, null, '1.5', String(2n ** 130n)]);
    const short = decodeValues({ kind: 'numeric', precision: 3, scale: 2 }, [
      numeric(1000n, 2),
      numeric(-1n, 5),
      numeric(999n, 2),
    ]);
    expect(short.cells).toEqual([null, null, 999n]);
    expect(short.raw).toEqual(['10.00', '-0.00001', null]);
  });

  test('a digit above 9999, an unknown sign and a wrong length are refused', () => {
    const type: WireType = { kind: 'numeric', precision: 38, scale: 2 };
    for (const bytes of [
      '0001 0000 0000 0002 2710',
      '0001 0000 1234 0002 0001',
      '0002 0000 0000 0002 0001',
      '0001',
      '',
    ]) {
      expect(() => decodeValues(type, [hex(bytes)])).toThrow(/row 1: column "a": numeric/);
    }
  });
});

describe('text that is not UTF-8', () => {
  const broken = [hex('c3'), hex('a9')];

  test('is refused, even where two halves of a character meet', () => {
    for (const values of [[hex('ff')], broken, [Buffer.from('é'), hex('c3'), null, hex('a9')]]) {
      const error = catchError(() => decodeValues(text, values));
      expect(error).toMatchObject({
        code: 'value-unrepresentable',
        message: expect.stringContaining('column "a"'),
      });
    }
    expect(catchError(() => decodeValues(textArray, [array(25, broken)]))).toMatchObject({
      code: 'value-unrepresentable',
    });
    expect(catchError(() => decodeValues(textArray, [array(25, [hex('ff')], 7)]))).toMatchObject({
      code: 'value-unrepresentable',
    });
  });

  test('B20: the replacement character and non-characters are text as any other', () => {
    const values = ['\ufffd', '\ufffe', '\u{10ffff}'];
    expect(
      decodeValues(
        text,
        values.map((value) => Buffer.from(value)),
      ).cells,
    ).toEqual(values);
  });
});

describe('batches', () => {
  const columns = [wireColumn('a', { kind: 'int8' }), wireColumn('b', text)];
  const rows = Array.from({ length: 3000 }, (_, row) => [
    row % 11 === 0 ? null : int8(BigInt(row)),
    Buffer.from('x'.repeat((row * 7) % 300)),
  ]);

  test('end by bytes, at the same rows however the stream is cut', () => {
    const stream = copyStream(rows);
    const whole = decodeStream(columns, [stream], { batchBytes: 20_000 });
    const sizes = whole.batches.map((batch) => batch.rows);
    expect(whole.batches.length).toBeGreaterThan(10);
    for (const batch of whole.batches) expect(batch.bytes).toBeLessThan(24_000);
    for (const cut of [1, 7, 100, 65_536]) {
      const pieces = Array.from({ length: Math.ceil(stream.length / cut) }, (_, index) =>
        stream.subarray(index * cut, (index + 1) * cut),
      );
      const decoded = decodeStream(columns, pieces, { batchBytes: 20_000 });
      expect(decoded.batches.map((batch) => batch.rows)).toEqual(sizes);
      expect(decoded.columns).toEqual(whole.columns);
    }
  });

  test('end by rows where a row has next to no bytes', () => {
    const decoder = createCopyDecoder([], { batchBytes: 2 ** 20 });
    decoder.push(header);
    const batches = Array.from({ length: 9 }, () => decoder.push(Buffer.alloc(2 * 2 ** 17))).flat();
    expect(batches.map((batch) => batch.rows)).toEqual([2 ** 20]);
  });

  test('nulls are not free: a column of them alone fills a batch too', () => {
    const decoded = decodeStream(columns, [copyStream(Array.from({ length: 5000 }, () => [null, null]))], {
      batchBytes: 6000,
    });
    expect(decoded.batches.length).toBeGreaterThan(5);
    expect(decoded.columns[0]).toEqual(Array.from({ length: 5000 }, () => null));
  });

  test('a size that could overflow offsets is refused', () => {
    for (const batchBytes of [0, -1, Number.NaN, LARGEST_BATCH_BYTES + 1]) {
      expect(catchError(() => createCopyDecoder([], { batchBytes }))).toMatchObject({
        code: 'configuration',
      });
    }
  });
});

describe('messages of the server', () => {
  const columns = [wireColumn('a', { kind: 'int4' }), wireColumn('b', text)];
  const tuples = Array.from({ length: 50 }, (_, row) => tuple([int4(row), Buffer.from(`row ${row}`)]));

  test('are decoded in place, up to the first that is not a plain tuple', () => {
    const decoder = createCopyDecoder(columns, { batchBytes: 2 ** 20 });
    decoder.push(header);
    const plain = messages(tuples);
    const notWhole = messages([tuple([int4(1), null])]).subarray(0, -1);
    for (const next of [messages([trailer]), Buffer.from('C\0\0\0\x04'), notWhole, Buffer.alloc(0)]) {
      expect(decoder.pushMessages(Buffer.concat([plain, next]), 0)).toBe(plain.length);
    }
    expect(decoder.rows).toBe(4 * tuples.length);
    decoder.push(trailer);
    const { lastBatch } = decoder.finish();
    expect(cellsOf(lastBatch!.columns[1]!).slice(0, 2)).toEqual(['row 0', 'row 1']);
  });

  test('a content hash sees the same bytes whatever the cut', () => {
    const hashes = [1, 5, 33, 10_000].map((cut) => {
      const hash = createHash('sha256');
      const stream = Buffer.concat([header, ...tuples, trailer]);
      const pieces = Array.from({ length: Math.ceil(stream.length / cut) }, (_, index) =>
        stream.subarray(index * cut, (index + 1) * cut),
      );
      decodeStream(columns, pieces, { batchBytes: 100, onTuples: (bytes) => hash.update(bytes) });
      return hash.digest('hex');
    });
    const hash = createHash('sha256');
    const decoder = createCopyDecoder(columns, { batchBytes: 100, onTuples: (bytes) => hash.update(bytes) });
    decoder.push(header);
    decoder.pushMessages(messages(tuples), 0);
    expect([...hashes, hash.digest('hex')]).toEqual(
      Array.from({ length: 5 }, () => createHash('sha256').update(messages(tuples)).digest('hex')),
    );
  });

  test('are counted and shown alone, where nobody wants their values', () => {
    const shown: Buffer[] = [];
    const onTuples = (bytes: Uint8Array): unknown => shown.push(Buffer.from(bytes));
    const stream = Buffer.concat([header, ...tuples, trailer]);
    const pieces = [stream.subarray(0, 100), stream.subarray(100)];
    const decoded = decodeStream(columns, pieces, { batchBytes: 200, onTuples, tuplesOnly: true });
    expect(decoded).toMatchObject({ rows: 50, columns: [], specialCells: [] });
    expect(decoded.batches.length).toBeGreaterThan(2);
    expect(Buffer.concat(shown)).toEqual(messages(tuples));
    const other = [wireColumn('a', { kind: 'int4' })];
    expect(() => decodeStream(other, pieces, { batchBytes: 500, tuplesOnly: true })).toThrow('2 fields');
  });
});

test('B22: a long field in many pieces takes time in proportion to its length', () => {
  const size = 96 * 2 ** 20;
  const decoder = createCopyDecoder([wireColumn('a', text)], { batchBytes: 2 ** 20 });
  decoder.push(Buffer.concat([header, int2(1), int4(size)]));
  const piece = Buffer.alloc(16 * 2 ** 10, 'x');
  const started = performance.now();
  const batches = Array.from({ length: size / piece.length }, () => decoder.push(piece)).flat();
  // Copying all that came before with every piece would be 300 GB.
  expect(performance.now() - started).toBeLessThan(10_000);
  decoder.push(trailer);
  expect(batches.map(({ rows, bytes }) => ({ rows, bytes }))).toEqual([{ rows: 1, bytes: size + 8 }]);
  expect(decoder.finish()).toMatchObject({ rows: 1, lastBatch: undefined });
});

function catchError(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
