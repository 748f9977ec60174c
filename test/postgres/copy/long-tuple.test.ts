import { expect, test } from 'vitest';
import type { DecodedBatch } from '../../../src/postgres/copy/batch-builder.ts';
import { createCopyDecoder } from '../../../src/postgres/copy/copy-decoder.ts';
import { CopyMessageSorter } from '../../../src/postgres/copy/copy-messages.ts';
import { copyStream, header, int4, messages, trailer, tuple, wireColumn } from './copy-bytes.ts';
import { cellsOf, decodeStream } from './copy-cells.ts';

const MEGABYTE = 2 ** 20;
const columns = [
  wireColumn('id', { kind: 'int4' }),
  wireColumn('text', { kind: 'text' }),
  wireColumn('json', { kind: 'jsonb' }),
  wireColumn('bytes', { kind: 'bytea' }),
];

const short = (id: number) => [int4(id), Buffer.from(`text ${id}`), null, Buffer.of(id)];
const long = (id: number) => [
  int4(id),
  Buffer.alloc(9 * MEGABYTE, `${id}é`),
  Buffer.concat([Buffer.of(1), Buffer.alloc(8 * MEGABYTE, ' ')]),
  null,
];
const rows = [short(1), short(2), long(3), long(4), short(5)];

function describeBatches(batches: readonly DecodedBatch[]) {
  return batches.map((batch) => cellsOf(batch.columns[0]!));
}

test.for([1024 * 64, 100_001, 64 * MEGABYTE])(
  'a tuple that fills a batch alone is one, with pieces of %d bytes',
  (size) => {
    const stream = copyStream(rows);
    const pieces = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) =>
      Buffer.from(stream.subarray(index * size, (index + 1) * size)),
    );
    const { batches } = decodeStream(columns, pieces, { batchBytes: 100 * MEGABYTE });
    expect(describeBatches(batches)).toEqual([[1, 2], [3], [4], [5]]);
    const [, text, json, bytes] = batches[1]!.columns;
    expect(Buffer.from(text!.values).equals(rows[2]![1]!)).toBe(true);
    expect(json!.values).toHaveLength(8 * MEGABYTE);
    expect(cellsOf(bytes!)).toEqual([null]);
  },
);

test('a long tuple takes memory once: its values are where it was gathered', () => {
  const decoder = createCopyDecoder(columns, { batchBytes: 4 * MEGABYTE });
  const batches: DecodedBatch[] = [];
  const sorter = new CopyMessageSorter(
    {
      takeMessages: (chunk, from) => decoder.pushMessages(chunk, from),
      takePayload: (piece, following) => batches.push(...decoder.push(piece, following)),
    },
    () => undefined,
  );
  const stream = messages([header, tuple(long(3)), trailer]);
  for (let at = 0; at < stream.length; at += 65_536) sorter.accept(stream.subarray(at, at + 65_536));
  const [, text, json] = batches[0]!.columns;
  expect(text!.values.buffer).toBe(json!.values.buffer);
  expect(text!.values.buffer.byteLength).toBe(tuple(long(3)).length);
});

test('text in a long tuple that is not UTF-8 is refused, with its row', () => {
  const broken = [int4(3), Buffer.alloc(17 * MEGABYTE, 0xff), null, null];
  expect(() => decodeStream(columns, [copyStream([short(1), short(2), broken])])).toThrow(
    'column "text": text that is not UTF-8 in rows 3 to 3',
  );
});
