import { createHash } from 'node:crypto';
import type { Data } from 'apache-arrow';
import { expect, test } from 'vitest';
import { createCopyDecoder } from '../../../src/postgres/copy/copy-decoder.ts';
import type { DecodedBatch } from '../../../src/postgres/copy/batch-builder.ts';
import { copyTable } from '../../../src/postgres/copy/copy-stream.ts';
import type { WireType } from '../../../src/postgres/copy/wire-column.ts';
import { createTestDatabase, withClient } from '../test-server.ts';
import { array, copyStream, hex, int2, int4, int8, numeric, wireColumn } from './copy-bytes.ts';

/** Of every kind of column some value of a row, now and then one without a place in the type, and a wide one. */
const KINDS: readonly (readonly [WireType, (row: number) => Buffer])[] = [
  [{ kind: 'bool' }, (row) => Buffer.of(row % 3 === 0 ? 1 : 0)],
  [{ kind: 'int2' }, (row) => int2((row % 60_000) - 30_000)],
  [{ kind: 'int4' }, (row) => int4(-row)],
  [{ kind: 'int8' }, (row) => int8(-BigInt(row) << 33n)],
  [{ kind: 'oid' }, () => hex('ffffffff')],
  [{ kind: 'float4' }, () => hex('bf800000')],
  [{ kind: 'float8' }, () => hex('bff0000000000000')],
  [{ kind: 'numeric', precision: 9, scale: 2 }, someNumeric],
  [{ kind: 'text' }, (row) => Buffer.from('é'.repeat(row % 40))],
  [{ kind: 'jsonb' }, (row) => Buffer.from(`\u0001{"a": ${row}}`)],
  [{ kind: 'uuid' }, (row) => Buffer.concat([hex('ff'.repeat(12)), int4(row)])],
  [{ kind: 'bytea' }, (row) => Buffer.alloc(row % 50, 0xff)],
  [{ kind: 'date' }, (row) => int4(row % 11 === 0 ? 0x7fffffff : -row)],
  [{ kind: 'timestamp', utc: true }, (row) => int8(row % 13 === 0 ? 2n ** 63n - 1n : -BigInt(row))],
  [
    { kind: 'array', element: { kind: 'int4' } },
    (row) => array(23, row % 5 === 0 ? [int4(-1), null] : [int4(row)], row % 17 === 0 ? 2 : 1),
  ],
];

function someNumeric(row: number): Buffer {
  if (row % 7 === 0) return numeric(0n, 2);
  if (row % 19 === 0) return hex('0000 0000 c000 0000');
  if (row % 23 === 0) return numeric(12_345_678_901n, 2);
  return numeric(row % 2 === 0 ? BigInt(row) : -BigInt(row), 2);
}

const COLUMNS = KINDS.map(([wire], index) => wireColumn(`c${index}`, wire, { companion: true }));

/** Stretches in which all is there, much is NULL, and nothing is there follow each other. */
function rows(count: number): (Buffer | null)[][] {
  return Array.from({ length: count }, (_, row) => {
    const stretch = Math.floor(row / 150) % 3;
    return KINDS.map(([, value], column) => (stretch * ((row + column) % 3) > 1 ? null : value(row)));
  });
}

test('batches that are written over have, while they last, every byte of those that are not', () => {
  const stream = copyStream(rows(12_000));
  const pieces = Array.from({ length: Math.ceil(stream.length / 5000) }, (_, index) =>
    stream.subarray(index * 5000, (index + 1) * 5000),
  );
  const decode = (giveBack: boolean) => {
    const decoder = createCopyDecoder(COLUMNS, { batchBytes: 80_000 });
    const memory = new Set<ArrayBufferLike>();
    const look = (batch: DecodedBatch) => {
      const state = batch.columns.map(stateOf);
      // Companions, which are every second column, have memory of their own in each batch.
      for (const [index, data] of batch.columns.entries())
        if (index % 2 === 0) memory.add((data.children[0] ?? data).values.buffer);
      if (giveBack) decoder.giveBack(batch);
      return state;
    };
    const states = pieces.flatMap((piece) => decoder.push(Buffer.from(piece)).map(look));
    const { lastBatch } = decoder.finish();
    return { states: [...states, lastBatch?.columns.map(stateOf)], memory: memory.size };
  };
  const kept = decode(false);
  const reused = decode(true);
  expect(kept.states.length).toBeGreaterThan(15);
  expect(reused.states).toEqual(kept.states);
  expect(reused.memory).toBeLessThan(kept.memory / 2);
});

test('memory that a batch hardly uses is let go', () => {
  const columns = [wireColumn('a', { kind: 'text' }), wireColumn('b', { kind: 'text' })];
  const decoder = createCopyDecoder(columns, { batchBytes: 100_000 });
  const long = Buffer.alloc(90_000, 'x');
  const short = Buffer.from('y');
  const stream = copyStream([
    ...rowsOf(20, long, short),
    ...rowsOf(20, short, long),
    ...rowsOf(60_000, short, short),
  ]);
  const sizes: number[] = [];
  for (let at = 0; at < stream.length; at += 4096) {
    for (const batch of decoder.push(stream.subarray(at, at + 4096))) {
      sizes.push(batch.columns.reduce((sum, { values }) => sum + values.buffer.byteLength, 0));
      decoder.giveBack(batch);
    }
  }
  expect(Math.max(...sizes)).toBeGreaterThan(180_000);
  expect(sizes.at(-1)).toBeLessThan(100_000);
});

test('a COPY that may write batches over gives the rows and the hash of one that may not', async () => {
  await withClient(await createTestDatabase(), async (client) => {
    const read = async (reusesMemory: boolean) => {
      const hash = createHash('sha256');
      const options = { batchBytes: 2 ** 16, doing: 'reading it', stallTimeoutMs: 20_000, reusesMemory };
      const columns = [
        wireColumn('i', { kind: 'int4' }),
        wireColumn('t', { kind: 'text' }),
        wireColumn('l', { kind: 'text' }),
      ];
      // A long row now and then, whose memory is given up.
      const sql = `COPY (SELECT CASE WHEN i % 5 > 0 THEN i END, repeat('x', i % 90),
        CASE WHEN i % 4000 = 0 THEN repeat('y', 17 * 1024 * 1024) END FROM generate_series(1, 9000) i)
        TO STDOUT (FORMAT binary)`;
      for await (const batch of copyTable(client, sql, columns, options)) {
        hash.update(JSON.stringify(batch.columns.map(stateOf)));
      }
      return hash.digest('hex');
    };
    expect(await read(true)).toBe(await read(false));
  });
});

test('when there will be no more rows, what came back has no memory, and what was kept is as it was', () => {
  const kept = decodeAll(false);
  expect(kept.batches.map(({ columns }) => columns.map(stateOf))).toEqual(kept.states);
  const returned = decodeAll(true).memory;
  expect(returned.length).toBeGreaterThan(KINDS.length * 4);
  expect(returned.map(({ detached }) => detached)).toEqual(returned.map(() => true));
});

test('a COPY that may write batches over empties them at its end, another one leaves them', async () => {
  await withClient(await createTestDatabase(), async (client) => {
    const columns = [wireColumn('i', { kind: 'int4' }), wireColumn('t', { kind: 'text' })];
    const sql = `COPY (SELECT i, i::text FROM generate_series(1, 20000) i) TO STDOUT (FORMAT binary)`;
    for (const reusesMemory of [true, false]) {
      const options = { batchBytes: 2 ** 16, doing: 'reading it', stallTimeoutMs: 20_000, reusesMemory };
      const memory: ArrayBuffer[] = [];
      for await (const batch of copyTable(client, sql, columns, options)) memory.push(...memoryOf(batch));
      expect(memory.length).toBeGreaterThan(9);
      expect(memory.map(({ detached }) => detached)).toEqual(memory.map(() => reusesMemory));
    }
  });
});

/** What lies behind the values and offsets of its columns. Companions, every second one of COLUMNS, are never written over. */
function memoryOf({ columns }: DecodedBatch): ArrayBuffer[] {
  return columns
    .filter((_, index) => columns.length !== 2 * COLUMNS.length || index % 2 === 0)
    .flatMap((data) => [data, ...data.children])
    .flatMap(({ values, valueOffsets }) => [values, valueOffsets])
    .filter((part?: ArrayBufferView) => part !== undefined && part.byteLength > 0)
    .map(({ buffer }) => buffer);
}

/** The batches of 3000 rows after all memory was released, what each said before, and what was behind it. */
function decodeAll(giveBack: boolean) {
  const decoder = createCopyDecoder(COLUMNS, { batchBytes: 80_000 });
  const batches = [...decoder.push(copyStream(rows(3000)))];
  const { lastBatch } = decoder.finish();
  if (lastBatch !== undefined) batches.push(lastBatch);
  const states = batches.map(({ columns }) => columns.map(stateOf));
  const memory = batches.flatMap(memoryOf);
  if (giveBack) for (const batch of batches) decoder.giveBack(batch);
  decoder.release();
  return { batches, states, memory };
}

function rowsOf(count: number, ...row: Buffer[]): Buffer[][] {
  return Array.from({ length: count }, () => row);
}

/** All that an array says. */
function stateOf(data: Data): unknown {
  const { length, nullCount, values, valueOffsets, nullBitmap, children } = data;
  const parts = [values, valueOffsets, nullBitmap].map((part?: ArrayBufferView) =>
    part === undefined
      ? ''
      : createHash('sha256')
          .update(Buffer.from(part.buffer, part.byteOffset, part.byteLength))
          .digest('hex'),
  );
  return { length, nullCount, parts, children: children.map(stateOf) };
}
