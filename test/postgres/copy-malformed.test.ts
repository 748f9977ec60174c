import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../../src/errors.ts';
import { createCopyDecoder } from '../../src/postgres/copy-decoder.ts';
import type { WireColumn } from '../../src/postgres/wire-column.ts';
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
import { decodeStream } from './copy-cells.ts';

const int4Column = [wireColumn('a', { kind: 'int4' })];
const one = tuple([int4(1)]);

describe('B78: a malformed stream is an error that names the row', () => {
  const cases: readonly [string, Buffer, RegExp][] = [
    [
      'a wrong signature',
      Buffer.concat([Buffer.from('PGCOPY\n\xff\n\r\0', 'latin1'), Buffer.alloc(8), trailer]),
      /row 1: no COPY signature/,
    ],
    [
      'tuples with oids',
      Buffer.concat([header.subarray(0, 11), hex('00010000 00000000'), one, trailer]),
      /unknown header flags/,
    ],
    [
      'an endless header extension',
      Buffer.concat([header.subarray(0, 15), hex('7fffffff'), one]),
      /header extension/,
    ],
    [
      'too many fields',
      Buffer.concat([header, one, tuple([int4(1), int4(2)]), trailer]),
      /row 2: 2 fields instead of 1/,
    ],
    ['too few fields', Buffer.concat([header, one, int2(0), trailer]), /row 2: 0 fields instead of 1/],
    [
      'a length of -2',
      Buffer.concat([header, one, int2(1), int4(-2), trailer]),
      /row 2: a field of -2 bytes/,
    ],
    [
      'a length beyond the end',
      Buffer.concat([header, one, int2(1), int4(5), int4(1)]),
      /row 2: it ends without a trailer/,
    ],
    [
      'a length beyond what Postgres has',
      Buffer.concat([header, int2(1), int4(2 ** 31 - 1), int4(1)]),
      /row 1: it is longer than 1 GiB/,
    ],
    [
      'a wrong fixed length',
      Buffer.concat([header, one, tuple([int2(1)]), trailer]),
      /row 2: column "a": 2 bytes instead of 4/,
    ],
    ['no trailer', Buffer.concat([header, one]), /row 2: it ends without a trailer/],
    ['half a trailer', Buffer.concat([header, one, hex('ff')]), /row 2: it ends without a trailer/],
    ['two trailers', Buffer.concat([header, one, trailer, trailer]), /row 2: bytes after the trailer/],
    ['a tuple behind the trailer', Buffer.concat([header, trailer, one]), /row 1: bytes after the trailer/],
    ['nothing at all', Buffer.alloc(0), /row 1: it ends without a trailer/],
  ];

  test.each(cases)('%s', (_, stream, message) => {
    for (const pieces of [[stream], Array.from(stream, (byte) => Buffer.from([byte]))]) {
      expect(() => decodeStream(int4Column, pieces)).toThrow(message);
      expect(() => decodeStream(int4Column, pieces)).toThrow(expect.objectContaining({ code: 'protocol' }));
    }
  });

  test('a header extension is skipped', () => {
    const stream = Buffer.concat([header.subarray(0, 15), int4(3), Buffer.from('abc'), one, trailer]);
    expect(decodeStream(int4Column, [stream]).columns).toEqual([[1]]);
  });

  test('in a message of the server too', () => {
    const decoder = createCopyDecoder(int4Column, { batchBytes: 1000 });
    decoder.push(header);
    expect(() => decoder.pushMessages(messages([one, tuple([int2(1)])]), 0)).toThrow(/row 2: column "a"/);
  });

  test('an array whose elements or dimensions do not fill it', () => {
    const columns = [wireColumn('a', { kind: 'array', element: { kind: 'int4' } }, { companion: true })];
    const whole = array(23, [int4(1), null, int4(3)]);
    const broken = [
      whole.subarray(0, -1),
      Buffer.concat([whole, hex('00')]),
      array(23, [int4(1), int2(3)]),
      array(23, [int4(1), int2(3)], 0),
      Buffer.concat([int4(7), whole.subarray(4)]),
      Buffer.concat([int4(-1), whole.subarray(4)]),
      Buffer.concat([int4(0), whole.subarray(4)]),
      Buffer.concat([int4(2), int4(0), int4(23), int4(2 ** 30), int4(1), int4(2 ** 30), int4(1)]),
      Buffer.concat([int4(1), int4(0), int4(23), int4(-1), int4(1)]),
    ];
    for (const value of broken) {
      const stream = copyStream([[whole], [null], [value]]);
      expect(() => decodeStream(columns, [stream])).toThrow(/row 3: column "a": (array|\d)/);
    }
  });
});

describe('a mutated stream', () => {
  const columns: readonly WireColumn[] = [
    wireColumn('i', { kind: 'int8' }),
    wireColumn('n', { kind: 'numeric', precision: 12, scale: 3 }, { companion: true }),
    wireColumn('t', { kind: 'text' }),
    wireColumn('j', { kind: 'jsonb' }),
    wireColumn('u', { kind: 'uuid' }),
    wireColumn('d', { kind: 'date' }, { companion: true }),
    wireColumn('s', { kind: 'timestamp', utc: true }),
    wireColumn('l', { kind: 'array', element: { kind: 'text' } }, { companion: true }),
    wireColumn('b', { kind: 'bool' }),
  ];
  const rows = Array.from({ length: 12 }, (_, row) => [
    int8(BigInt(row)),
    row % 3 === 0 ? null : numeric(BigInt(row) * 1234567n, 3),
    Buffer.from('text '.repeat(row)),
    Buffer.from(`\x01{"row":${row}}`),
    Buffer.alloc(16, row),
    int4(row),
    int8(BigInt(row) * 10n ** 12n),
    array(25, [Buffer.from(`${row}`), null]),
    row % 2 === 0 ? null : Buffer.from([1]),
  ]);
  const stream = copyStream(rows);
  const decode = (pieces: readonly Buffer[]): unknown =>
    outcomeOf(() => decodeStream(columns, pieces, { batchBytes: 500 }).columns);

  test('gives values or a named error, and the same however it is cut', () => {
    const mutation = fc.record({
      at: fc.nat(stream.length - 1),
      removed: fc.nat(9),
      inserted: fc.uint8Array({ maxLength: 9 }),
      cut: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(mutation, ({ at, removed, inserted, cut }) => {
        const mutated = Buffer.concat([stream.subarray(0, at), inserted, stream.subarray(at + removed)]);
        const pieces = Array.from({ length: Math.ceil(mutated.length / cut) }, (_, index) =>
          mutated.subarray(index * cut, (index + 1) * cut),
        );
        expect(decode(pieces)).toEqual(decode([mutated]));
      }),
      { numRuns: 3000 },
    );
  });

  test('a stream cut off anywhere is an error', () => {
    for (let length = 0; length < stream.length; length++)
      expect(decode([stream.subarray(0, length)])).toBe('refused');
    expect(decode([stream])).not.toBe('refused');
  });

  test('messages of the server that were mutated give values or a named error', () => {
    const whole = messages(rows.map(tuple));
    const mutation = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(mutation, ({ at, byte }) => {
        const mutated = Buffer.from(whole);
        mutated[at] = byte;
        const decoder = createCopyDecoder(columns, { batchBytes: 500 });
        decoder.push(header);
        const left = outcomeOf(() => decoder.pushMessages(mutated, 0));
        expect(left === 'refused' || left <= mutated.length).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

/** What an action gives; `refused` when it fails in a way that we foresaw. */
function outcomeOf<T>(action: () => T): T | 'refused' {
  try {
    return action();
  } catch (error) {
    if (!['protocol', 'value-unrepresentable'].includes(errorCodeOf(error))) throw error;
    return 'refused';
  }
}
