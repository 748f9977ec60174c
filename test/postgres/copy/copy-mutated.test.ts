import fc from 'fast-check';
import type { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { errorCodeOf } from '../../../src/errors.ts';
import { createCopyDecoder } from '../../../src/postgres/copy/copy-decoder.ts';
import { copyTable } from '../../../src/postgres/copy/copy-stream.ts';
import type { WireType } from '../../../src/postgres/copy/wire-column.ts';
import { checkProperty } from '../../archive/property/property-run.ts';
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
import { withFakeServer } from './fake-server.ts';
import { type Field, fieldsOf, meaningOf, readFields } from './reference-stream.ts';

describe('B78: a mutated stream', () => {
  const uuid = Buffer.alloc(16, 0xab);
  /** A column of every wire type, and a value of it for each row. */
  const values: readonly (readonly [WireType, (row: number) => Buffer | null])[] = [
    [{ kind: 'bool' }, (row) => (row % 2 === 0 ? null : Buffer.of(1))],
    [{ kind: 'int2' }, (row) => int2(row - 3)],
    [{ kind: 'int4' }, (row) => (row % 4 === 0 ? null : int4(row * 1000))],
    [{ kind: 'int8' }, (row) => int8(BigInt(row))],
    [{ kind: 'oid' }, (row) => int4(-row)],
    [{ kind: 'float4' }, (row) => hex(`7fc0000${row % 10}`)],
    [{ kind: 'float8' }, (row) => int8(BigInt(row) * 10n ** 17n)],
    [
      { kind: 'numeric', precision: 12, scale: 3 },
      (row) => (row % 3 === 0 ? null : numeric(BigInt(row) * 1234567n, 3)),
    ],
    [{ kind: 'numeric', precision: 38, scale: 10 }, (row) => numeric(BigInt(row) * 10n ** 35n + 7n, 10)],
    [{ kind: 'text' }, (row) => Buffer.from('téxt '.repeat(row))],
    [{ kind: 'jsonb' }, (row) => Buffer.from(`\x01{"row":${row}}`)],
    [{ kind: 'uuid' }, (row) => Buffer.alloc(16, row)],
    [{ kind: 'bytea' }, (row) => Buffer.alloc(row, 0xff)],
    [{ kind: 'date' }, (row) => (row === 5 ? int4(0x7fffffff) : int4(row))],
    [{ kind: 'timestamp', utc: true }, (row) => int8(BigInt(row) * 10n ** 12n)],
    [
      { kind: 'timestamp', utc: false },
      (row) => int8(row === 3 ? 2n ** 63n - 1n : BigInt(-row) * 10n ** 14n),
    ],
    [{ kind: 'array', element: { kind: 'int2' } }, (row) => array(21, [int2(row), int2(row + 1)])],
    [{ kind: 'array', element: { kind: 'int4' } }, (row) => array(23, [int4(row), null], row % 3)],
    [{ kind: 'array', element: { kind: 'int8' } }, () => array(20, [])],
    [{ kind: 'array', element: { kind: 'text' } }, (row) => array(25, [Buffer.from(`é${row}`), null])],
    [{ kind: 'array', element: { kind: 'uuid' } }, (row) => (row % 2 === 0 ? array(2950, [uuid]) : null)],
  ];
  const canBeSpecial = ['numeric', 'date', 'timestamp', 'array'];
  const columns = values.map(([wire], index) =>
    wireColumn(`c${index}`, wire, { companion: canBeSpecial.includes(wire.kind) }),
  );
  const rows = Array.from({ length: 8 }, (_, row) => values.map(([, valueOf]) => valueOf(row)));
  const stream = copyStream(rows);
  const decode = (pieces: readonly Buffer[]) =>
    outcomeOf(() => decodeStream(columns, pieces, { batchBytes: 500 }));
  const cellsOf = (pieces: readonly Buffer[]): unknown => {
    const decoded = decode(pieces);
    return decoded === 'refused' ? decoded : decoded.columns;
  };
  const meaningsOf = (fields: readonly (readonly Field[])[] | undefined) =>
    fields?.map((row) => row.map((field, column) => meaningOf(columns[column]!.wire, field)));

  /** Right rows, by a witness that takes the stream apart on its own, or a named error. */
  function expectRightOrRefused(mutated: Buffer): void {
    const decoded = decode([mutated]);
    if (decoded === 'refused') return;
    const expected = meaningsOf(readFields(mutated, columns.length));
    expect(expected).toBeDefined();
    expect(meaningsOf(fieldsOf(columns, decoded.batches))).toEqual(expected);
  }

  const mutation = fc.record({
    at: fc.nat(stream.length - 1),
    removed: fc.nat(9),
    inserted: fc.uint8Array({ maxLength: 9 }),
    cut: fc.integer({ min: 1, max: 40 }),
  });
  const mutate = ({ at, removed, inserted }: { at: number; removed: number; inserted: Uint8Array }) =>
    Buffer.concat([stream.subarray(0, at), inserted, stream.subarray(at + removed)]);

  test('that is not mutated gives its rows', () => {
    expect(meaningsOf(readFields(stream, columns.length))).toEqual(meaningsOf(rows));
    expectRightOrRefused(stream);
    expect(decode([stream])).not.toBe('refused');
  });

  test(
    "with any bytes in another's place gives right rows or a named error",
    { timeout: 60_000 },
    async () => {
      const runs = await search(mutation, (change) => expectRightOrRefused(mutate(change)));
      expect(runs).toBeGreaterThan(100);
    },
  );

  test('with one field of other bytes gives right rows or a named error', { timeout: 60_000 }, async () => {
    const field = fc.record({
      row: fc.nat(rows.length - 1),
      column: fc.nat(columns.length - 1),
      at: fc.nat(40),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    });
    const runs = await search(field, ({ row, column, at, bytes }) => {
      const value = Buffer.from(rows[row]![column] ?? Buffer.alloc(0));
      const place = at % Math.max(1, value.length);
      value.set(bytes.subarray(0, value.length - place), place);
      const mutated = rows.map((cells) => [...cells]);
      mutated[row]![column] = value;
      expectRightOrRefused(copyStream(mutated));
    });
    expect(runs).toBeGreaterThan(100);
  });

  test('gives the same however it is cut', { timeout: 60_000 }, async () => {
    const runs = await search(mutation, (change) => {
      const mutated = mutate(change);
      const pieces = Array.from({ length: Math.ceil(mutated.length / change.cut) }, (_, index) =>
        mutated.subarray(index * change.cut, (index + 1) * change.cut),
      );
      expect(cellsOf(pieces)).toEqual(cellsOf([mutated]));
    });
    expect(runs).toBeGreaterThan(100);
  });

  test('that is cut off anywhere is an error', () => {
    for (let length = 0; length < stream.length; length++)
      expect(decode([stream.subarray(0, length)])).toBe('refused');
  });

  test('that has bytes behind its end is an error', () => {
    for (const more of [Buffer.of(0), trailer, stream]) {
      expect(decode([Buffer.concat([stream, more])])).toBe('refused');
      expect(decode([stream, more])).toBe('refused');
    }
  });

  test('in messages of the server gives values or a named error', { timeout: 60_000 }, async () => {
    const whole = messages(rows.map(tuple));
    const runs = await search(
      fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) }),
      ({ at, byte }) => {
        const mutated = Buffer.from(whole);
        mutated[at] = byte;
        const decoder = createCopyDecoder(columns, { batchBytes: 500 });
        decoder.push(header);
        const left = outcomeOf(() => decoder.pushMessages(mutated, 0));
        expect(left === 'refused' || left <= mutated.length).toBe(true);
      },
    );
    expect(runs).toBeGreaterThan(100);
  });

  test('in messages that are cut off anywhere leaves the rest to whoever reads on', () => {
    const whole = messages(rows.map(tuple));
    const ends = rows.map((_, row) => messages(rows.slice(0, row + 1).map(tuple)).length);
    for (let length = 0; length <= whole.length; length++) {
      const decoder = createCopyDecoder(columns, { batchBytes: 500 });
      decoder.push(header);
      const left = decoder.pushMessages(whole.subarray(0, length), 0);
      expect(left).toBe(ends.findLast((end) => end <= length) ?? 0);
      expect(decoder.rows).toBe(ends.filter((end) => end <= length).length);
    }
  });
});

describe('B78: a conversation that was mutated on its way', () => {
  const columns = [wireColumn('i', { kind: 'int4' }), wireColumn('t', { kind: 'text' })];
  const tuples = Array.from({ length: 5 }, (_, row) => tuple([int4(row), Buffer.from(`row ${row}`)]));
  const conversation = Buffer.concat([
    Buffer.from('H\0\0\0\x0b\x01\0\x02\0\x01\0\x01', 'latin1'),
    messages([Buffer.concat([header, tuples[0]!]), ...tuples.slice(1), trailer]),
    Buffer.from('c\0\0\0\x04C\0\0\0\x0bCOPY 5\0Z\0\0\0\x05I', 'latin1'),
  ]);
  const mutation = fc.record({ at: fc.nat(conversation.length - 1), byte: fc.nat(255), cut: fc.boolean() });

  test('ends, with rows or a named error, whatever the driver makes of it', { timeout: 90_000 }, async () => {
    const codes = new Map<string, number>();
    const follow = async (client: Client): Promise<void> => {
      const options = { batchBytes: 500, doing: 'reading t', stallTimeoutMs: 150 };
      const ended = await codeOfEnd(copyTable(client, 'COPY', columns, options));
      codes.set(ended, (codes.get(ended) ?? 0) + 1);
    };
    const replay = async (
      { at, byte, cut }: { at: number; byte: number; cut: boolean },
      ignoresCancel = false,
    ): Promise<void> => {
      const mutated = Buffer.from(cut ? conversation.subarray(0, at) : conversation);
      if (!cut) mutated[at] = byte;
      await withFakeServer([mutated], follow, { ignoresCancel });
    };
    // A server that does not let go is waited for for seconds: the search has one that does.
    for (const ignoresCancel of [true, false]) {
      await replay({ at: 0, byte: 0, cut: false }, ignoresCancel);
      await replay({ at: conversation.length >> 1, byte: 0, cut: true }, ignoresCancel);
    }
    expect([...codes.keys()]).toEqual(['protocol', 'source-unreachable']);
    const runs = await checkProperty(15, mutation, (change) => replay(change), { numRuns: 120 });
    expect(runs).toBeGreaterThan(20);
    expect([...codes.keys()]).toEqual(expect.arrayContaining(['protocol', 'source-unreachable']));
    expect([...codes.keys()].filter((code) => !FORESEEN.includes(code))).toEqual([]);
  });
});

const FORESEEN = ['rows', 'protocol', 'source-unreachable', 'integrity', 'value-unrepresentable'];

/** The code of the error that a read ends with, or `rows`. */
async function codeOfEnd(batches: AsyncGenerator<unknown, unknown>): Promise<string> {
  try {
    while ((await batches.next()).done !== true);
    return 'rows';
  } catch (error) {
    return errorCodeOf(error);
  }
}

/** Checks many mutations, of a seed that is printed. */
async function search<T>(mutations: fc.Arbitrary<T>, action: (mutation: T) => void): Promise<number> {
  return checkProperty(20, mutations, async (mutation) => action(mutation), { numRuns: 3000 });
}

/** What an action gives; `refused` when it fails in a way that we foresaw. */
function outcomeOf<T>(action: () => T): T | 'refused' {
  try {
    return action();
  } catch (error) {
    if (!['protocol', 'value-unrepresentable'].includes(errorCodeOf(error))) throw error;
    return 'refused';
  }
}
