import { describe, expect, test } from 'vitest';
import { createCopyDecoder } from '../../../src/postgres/copy/copy-decoder.ts';
import {
  array,
  copyStream,
  header,
  hex,
  int2,
  int4,
  messages,
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

  test('a numeric beyond its column with more digits than its text would show', () => {
    const columns = [wireColumn('a', { kind: 'numeric', precision: 4, scale: 1 }, { companion: true })];
    const value = hex('0002 0000 0000 0002 0001 0042');
    expect(() => decodeStream(columns, [copyStream([[value]])])).toThrow(
      /row 1: column "a": numeric with digits/,
    );
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
