import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createCopyEncoder,
  COPY_HEADER,
  COPY_TRAILER,
  type EncodedColumn,
} from '../../../src/postgres/copy/copy-encoder.ts';
import type { WireColumn, WireType } from '../../../src/postgres/copy/wire-column.ts';
import {
  array,
  header,
  hex,
  int2,
  int4,
  int8,
  messages,
  numeric,
  payloadsOf,
  trailer,
  tuple,
  wireColumn,
} from './copy-bytes.ts';
import { decodeStream } from './copy-cells.ts';

type Fields = readonly (Buffer | null)[];

/** Decodes the tuples and encodes what came of it; gives the messages, and the bytes of their tuples. */
function backAndForth(
  columns: readonly (WireColumn & EncodedColumn)[],
  rows: readonly Fields[],
  batchBytes = 2 ** 20,
) {
  const stream = [header, ...rows.map(tuple), trailer];
  const { batches } = decodeStream(columns, stream, { batchBytes });
  const encoder = createCopyEncoder(columns);
  const pieces = batches.flatMap((batch) => [...encoder.encode(batch)]);
  const sent = Buffer.concat(pieces);
  return { pieces, sent, bytes: Buffer.concat(payloadsOf(sent)), rows: encoder.rows };
}

/** The first bytes that do not come back as they were, of a column of these values among others and among nulls. */
function lost(
  wire: WireType,
  values: Fields,
  options: Partial<WireColumn & EncodedColumn> = {},
): string | undefined {
  const column = { ...wireColumn('a', wire, options), ...options };
  const columns = [wireColumn('n', { kind: 'int4' }), column, wireColumn('z', { kind: 'text' })];
  const rows = [...values, null, ...values.toReversed()].map((value, index): Fields => [
    int4(index),
    value,
    Buffer.from('z'),
  ]);
  const sent = Buffer.concat(rows.map(tuple));
  const { bytes } = backAndForth(columns, rows);
  const at = sent.findIndex((byte, index) => byte !== bytes[index]);
  if (at < 0 && sent.length === bytes.length) return undefined;
  return `${sent.toString('hex', at, at + 40)} became ${bytes.toString('hex', at, at + 40)}`;
}

function uint16s(...values: readonly number[]): Buffer {
  return Buffer.concat(values.map(int2));
}

function arrayOf(kind: 'int2' | 'int8' | 'uuid'): WireType {
  return { kind: 'array', element: { kind } };
}

test('what stands around the tuples is what the server sends', () => {
  expect(COPY_HEADER).toEqual(messages([header]));
  expect(COPY_TRAILER).toEqual(messages([trailer]));
});

describe('bytes come back as they were:', () => {
  test('numbers, with every bit of a float', () => {
    expect(lost({ kind: 'bool' }, [hex('00'), hex('01')])).toBeUndefined();
    expect(lost({ kind: 'int2' }, [-32_768, -1, 0, 32_767].map(int2))).toBeUndefined();
    expect(lost({ kind: 'int4' }, [-(2 ** 31), -1, 0, 2 ** 31 - 1].map(int4))).toBeUndefined();
    expect(
      lost({ kind: 'int8' }, [-(2n ** 63n), -1n, 2n ** 53n + 1n, 2n ** 63n - 1n].map(int8)),
    ).toBeUndefined();
    expect(lost({ kind: 'oid' }, [hex('00000000'), hex('7fffffff'), hex('ffffffff')])).toBeUndefined();
    expect(
      lost({ kind: 'float4' }, [hex('80000000'), hex('7fc00000'), hex('ffc00001'), hex('7f800000')]),
    ).toBeUndefined();
    expect(
      lost({ kind: 'float8' }, [hex('fff8000000000000'), hex('7ff8000000000001'), hex('0000000000000001')]),
    ).toBeUndefined();
  });

  test('text, bytes, documents and uuids', () => {
    const texts = [
      '',
      'a',
      'é'.repeat(3),
      'x'.repeat(7),
      'x'.repeat(8),
      'x'.repeat(191),
      'x'.repeat(192),
      'x'.repeat(5000),
    ];
    expect(
      lost(
        { kind: 'text' },
        texts.map((text) => Buffer.from(text)),
      ),
    ).toBeUndefined();
    expect(lost({ kind: 'bytea' }, [hex(''), hex('00ff'), Buffer.alloc(300, 255)])).toBeUndefined();
    expect(
      lost(
        { kind: 'jsonb' },
        ['{}', '{"a": 1.10}'].map((text) => Buffer.from(`\u0001${text}`)),
      ),
    ).toBeUndefined();
    expect(
      lost({ kind: 'uuid' }, [
        hex('00'.repeat(16)),
        hex('ff'.repeat(16)),
        hex('0123456789abcdef0123456789abcdef'),
      ]),
    ).toBeUndefined();
  });

  test('dates and times, infinite and far ones too', () => {
    const companion = { companion: true };
    expect(
      lost(
        { kind: 'date' },
        [-2_451_507, -10_957, 0, 2_145_031_948, 2 ** 31 - 1, -(2 ** 31)].map(int4),
        companion,
      ),
    ).toBeUndefined();
    const far = [
      9_223_371_331_199_999_999n,
      8_276_687_254_775_807n,
      2n ** 63n - 946_684_800_000_000n,
      2n ** 63n - 946_684_800_000_001n,
    ];
    for (const utc of [true, false]) {
      expect(
        lost(
          { kind: 'timestamp', utc },
          [...far, -211_813_488_000_000_000n, 0n, 2n ** 63n - 1n, -(2n ** 63n)].map(int8),
          companion,
        ),
      ).toBeUndefined();
    }
  });

  test('numerics of any precision and scale', () => {
    const numerics = fc.integer({ min: 1, max: 38 }).chain((precision) =>
      fc.record({
        precision: fc.constant(precision),
        scale: fc.integer({ min: 0, max: precision }),
        digits: fc.array(fc.bigInt({ min: 0n, max: 10n ** BigInt(precision) - 1n }), { minLength: 1 }),
        shorter: fc.bigInt({ min: 0n, max: 10n ** BigInt(Math.min(precision, 16)) - 1n }),
      }),
    );
    fc.assert(
      fc.property(numerics, ({ precision, scale, digits, shorter }) => {
        const all = [...digits, shorter, 0n, 1n, 10n ** BigInt(precision) - 1n, 10n ** BigInt(precision - 1)];
        const values = all.flatMap((value) => [value, -value]).map((value) => numeric(value, scale));
        expect(lost({ kind: 'numeric', precision, scale }, values)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test('numerics that a decimal cannot hold', () => {
    const special = [hex('0000 0000 c000 0000'), hex('0000 0000 d000 0000'), hex('0000 0000 f000 0000')];
    // 100000000.5, 0.00012345 with six more zeros shown, -1.2345 (scale 4), 1e40.
    const long = [
      uint16s(4, 2, 0, 1, 1, 0, 0, 5000),
      uint16s(2, -1, 0, 14, 1, 2345),
      uint16s(2, 0, 0x4000, 4, 1, 2345),
      uint16s(1, 10, 0, 0, 1),
    ];
    expect(
      lost({ kind: 'numeric', precision: 8, scale: 3 }, [...special, ...long, numeric(12_345n, 3)], {
        companion: true,
      }),
    ).toBeUndefined();
  });
});

describe('arrays come back as they were:', () => {
  const companion = { companion: true };
  const elements = {
    int2: { oid: 21, values: [int2(-1), int2(5)] },
    int4: { oid: 23, values: [int4(-1), int4(5)] },
    int8: { oid: 20, values: [int8(-(2n ** 63n)), int8(5n)] },
    text: { oid: 25, values: ['', 'NULL', 'a,b', '{"x\\y"}', ' é\n'].map((text) => Buffer.from(text)) },
    uuid: { oid: 2950, values: [hex('0123456789abcdef0123456789abcdef'), hex('ff'.repeat(16))] },
  } as const;

  for (const kind of ['int2', 'int4', 'int8', 'text', 'uuid'] as const) {
    const { oid, values } = elements[kind];
    test(`of ${kind}, plain, empty, with nulls, from another bound, of more dimensions`, () => {
      const cube = Buffer.concat([
        ...[3, 1, oid, 1, 1, 2, -4, 2, 0].map(int4),
        ...[values[0], null, values[1], values[0]].map((value) =>
          value ? Buffer.concat([int4(value.length), value]) : int4(-1),
        ),
      ]);
      const plain = [
        array(oid, []),
        array(oid, values),
        array(oid, [null]),
        array(oid, [null, values[0], null]),
      ];
      expect(lost({ kind: 'array', element: { kind } }, plain)).toBeUndefined();
      expect(
        lost(
          { kind: 'array', element: { kind } },
          [...plain, array(oid, values, 0), array(oid, [null, ...values], -3), cube],
          companion,
        ),
      ).toBeUndefined();
    });
  }

  test('of varchar, which look like those of text', () => {
    const values = [
      array(1043, [Buffer.from('a'), null]),
      array(1043, []),
      array(1043, [Buffer.from('b')], 2),
    ];
    expect(
      lost({ kind: 'array', element: { kind: 'text' } }, values, { ...companion, elementOid: 1043 }),
    ).toBeUndefined();
  });
});

test('pieces are whole tuples of about 256 KiB; a longer tuple is one of its own', () => {
  const sizes = [
    ...Array.from({ length: 3000 }, () => 300),
    2_000_000,
    5,
    700_000,
    600_000,
    ...Array.from({ length: 9000 }, () => 0),
  ];
  const rows = sizes.map((size, index): Fields => [int4(index), Buffer.alloc(size, 'x')]);
  const columns = [wireColumn('n', { kind: 'int4' }), wireColumn('a', { kind: 'text' })];
  for (const batchBytes of [1000, 2 ** 20]) {
    const { bytes, pieces, sent, rows: encoded } = backAndForth(columns, rows, batchBytes);
    expect(encoded).toBe(rows.length);
    expect(bytes.equals(Buffer.concat(rows.map(tuple)))).toBe(true);
    expect(sent.equals(messages(rows.map(tuple)))).toBe(true);
    expect(pieces.filter((piece) => piece.length > 2 ** 19).length).toBe(3);
    expect(pieces.every((piece) => piece.readInt16BE(5) === 2)).toBe(true);
  }
});

test('a piece that was given back is written again, and no other', () => {
  const columns = [wireColumn('a', { kind: 'int4' })];
  const { batches } = decodeStream(columns, [
    header,
    ...Array.from({ length: 20_000 }, (_, id) => tuple([int4(id)])),
    trailer,
  ]);
  const encoder = createCopyEncoder(columns);
  const [first, second] = [...encoder.encode(batches[0]!)];
  const kept = Buffer.from(second!);
  encoder.reuse(first!);
  const [third, fourth] = [...encoder.encode(batches[0]!)];
  expect(third!.buffer).toBe(first!.buffer);
  expect(fourth!.buffer).not.toBe(first!.buffer);
  expect(second).toEqual(kept);
});

test('rows without columns are counted', () => {
  const encoder = createCopyEncoder([]);
  expect(Buffer.concat([...encoder.encode({ rows: 3, columns: [] })])).toEqual(
    messages([int2(0), int2(0), int2(0)]),
  );
  expect(encoder.rows).toBe(3);
});

test('a batch of other columns is refused', () => {
  const { batches } = decodeStream([wireColumn('a', { kind: 'int4' })], [header, tuple([int4(1)]), trailer]);
  const [batch] = batches;
  const other = createCopyEncoder([wireColumn('a', { kind: 'int4' }), wireColumn('b', { kind: 'int4' })]);
  expect(() => [...other.encode(batch!)]).toThrow('other columns');
  const fewer = createCopyEncoder([]);
  expect(() => [...fewer.encode(batch!)]).toThrow('other columns');
});

test('what a file should not hold is refused, without its value', () => {
  const text = [wireColumn('a', { kind: 'text' })];
  const { batches } = decodeStream(text, [header, tuple([Buffer.from('secret')]), trailer]);
  const uuids = createCopyEncoder([wireColumn('a', { kind: 'uuid' })]);
  expect(() => [...uuids.encode(batches[0]!)]).toThrow(
    /^a uuid is not in the canonical form of 36 characters$/,
  );
});

test('a companion text that is no special value is refused, without the text', () => {
  const wires: readonly WireType[] = [
    { kind: 'numeric', precision: 5, scale: 2 },
    { kind: 'date' },
    { kind: 'timestamp', utc: true },
    arrayOf('int2'),
    arrayOf('int8'),
    arrayOf('uuid'),
    { kind: 'int4' },
  ];
  for (const wire of wires) {
    const source = [wireColumn('a', wire), wireColumn('b', { kind: 'text' })];
    const { batches } = decodeStream(source, [header, tuple([null, Buffer.from('{secret,12x}')]), trailer]);
    const encoder = createCopyEncoder([wireColumn('a', wire, { companion: true })]);
    expect(() => [...encoder.encode(batches[0]!)]).toThrow(
      new RegExp(`^a companion column holds a text that is no special ${wire.kind}$`),
    );
  }
});
