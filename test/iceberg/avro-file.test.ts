import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AvroRecord, readAvroFile, writeAvroFile } from '../../src/iceberg/avro-file.ts';
import type { AvroSchema } from '../../src/iceberg/avro-schema.ts';
import { foreignAvroFile } from './foreign-avro-file.ts';

const schema: AvroSchema = {
  type: 'record',
  name: 'thing',
  fields: [
    { name: 'id', type: 'long', 'field-id': 1 },
    { name: 'day', type: ['null', { type: 'int', logicalType: 'date' }], default: null, 'field-id': 2 },
    { name: 'list', type: { type: 'array', items: 'long', 'element-id': 4 }, 'field-id': 3 },
  ],
};
const thing = (id: bigint): AvroRecord => ({ id, day: null, list: [] });
const metadata = new Map([['schema', '{"name":"ü"}']]);
const bytes = writeAvroFile({ schema, metadata, records: [thing(1n), thing(2n)] });
const coded = (code: string) => expect.objectContaining({ code });

describe('an Avro file', () => {
  test('keeps the schema with field ids, element ids and logical types in its header', () => {
    expect(readAvroFile(bytes).schema).toEqual(schema);
  });

  test('keeps its metadata, and does not mix it with that of Avro', () => {
    expect(readAvroFile(bytes).metadata).toEqual(metadata);
  });

  test('brings every long back, also above 2^53', () => {
    const long = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
    const record = fc.record({ id: long, day: fc.option(fc.integer()), list: fc.array(long) });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1 }), (records) => {
        const read = readAvroFile(writeAvroFile({ schema, metadata, records })).records;
        expect(read).toEqual(records.map(({ id, day, list }) => ({ f1: id, f2: day, f3: list })));
      }),
    );
  });

  test('is cut into blocks, and read whole', () => {
    const list = Array.from({ length: 1000 }, (_, i) => BigInt(i) << 40n);
    const records = Array.from({ length: 50 }, (_, i) => ({ id: BigInt(i), day: i, list }));
    const written = writeAvroFile({ schema, metadata, records });
    const sync = Buffer.from(written.subarray(written.length - 16));
    const marks = Buffer.from(written).toString('latin1').split(sync.toString('latin1')).length - 1;
    expect(marks).toBeGreaterThan(3);
    expect(readAvroFile(written).records.map((record) => record.f1)).toEqual(records.map(({ id }) => id));
  });

  test('has the same bytes when it is written again', () => {
    expect(writeAvroFile({ schema, metadata, records: [thing(1n), thing(2n)] })).toEqual(bytes);
  });

  test('without records is never written', () => {
    expect(() => writeAvroFile({ schema, metadata, records: [] })).toThrow(/at least one record/);
  });

  test('does not take a long that needs more than 64 bits, nor quote it', () => {
    const records = [thing(2n ** 63n)];
    expect(() => writeAvroFile({ schema, metadata, records })).toThrow(/does not fit its schema at id$/);
  });

  test('that is cut anywhere is noticed', () => {
    const headerEnd = Buffer.from(bytes).indexOf(bytes.subarray(-16)) + 16;
    for (let length = 0; length < bytes.length; length++) {
      // Cut exactly behind its header the file is a whole one, without records.
      if (length === headerEnd) continue;
      expect(() => readAvroFile(bytes.subarray(0, length)), `${length} bytes`).toThrow(coded('integrity'));
    }
    expect(readAvroFile(bytes.subarray(0, headerEnd)).records).toEqual([]);
  });

  test('with a flipped byte in its block or marker is noticed', () => {
    for (const position of [bytes.length - 1, bytes.length - 16, bytes.length - 20]) {
      const flipped = Uint8Array.from(bytes);
      flipped[position] = (flipped[position] ?? 0) ^ 0xff;
      expect(() => readAvroFile(flipped)).toThrow(coded('integrity'));
    }
  });
});

describe('an Avro file of another writer', () => {
  const blocks = [
    [
      { id: 1, day: 3, list: [] },
      { id: 2, day: null, list: [9] },
    ],
    [{ id: 3, day: 0, list: [] }],
  ];

  test.each([undefined, 'null', 'deflate'])('with codec %s and several blocks is read', (codec) => {
    const file = foreignAvroFile({ schema, metadata: { k: 'v' }, blocks, ...(codec && { codec }) });
    expect(readAvroFile(file).records).toEqual([
      { f1: 1n, f2: 3, f3: [] },
      { f1: 2n, f2: null, f3: [9n] },
      { f1: 3n, f2: 0, f3: [] },
    ]);
    expect(readAvroFile(file).metadata).toEqual(new Map([['k', 'v']]));
  });

  test('with another codec is refused by its name', () => {
    const file = foreignAvroFile({ schema, metadata: {}, blocks, codec: 'snappy' });
    expect(() => readAvroFile(file)).toThrow(coded('lake-foreign'));
    expect(() => readAvroFile(file)).toThrow(/snappy/);
  });

  test('without blocks has no records', () => {
    expect(readAvroFile(foreignAvroFile({ schema, metadata: {}, blocks: [] })).records).toEqual([]);
  });

  test('that inflates to more than its records is noticed', () => {
    const empty = { ...schema, fields: [] } as AvroSchema;
    const file = Buffer.from(foreignAvroFile({ schema: empty, metadata: {}, blocks: [[{}]] }));
    const padded = Buffer.concat([file.subarray(0, -17), Buffer.from([2, 0]), file.subarray(-16)]);
    expect(() => readAvroFile(padded)).toThrow(/more than its records/);
  });

  test('with a schema that Avro does not know is refused', () => {
    const file = Buffer.from(foreignAvroFile({ schema, metadata: {}, blocks }));
    file.write('"lung"', file.indexOf('"long"'));
    expect(() => readAvroFile(file)).toThrow(coded('lake-foreign'));
  });
});
