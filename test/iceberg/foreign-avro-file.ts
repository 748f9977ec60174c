import { deflateRawSync } from 'node:zlib';
import avro from 'avsc';
import { type AvroSchema, byName, plainSchema } from '../../src/iceberg/avro-schema.ts';

export type ForeignAvroFile = {
  readonly schema: AvroSchema;
  readonly metadata: Readonly<Record<string, string>>;
  readonly blocks: readonly (readonly object[])[];
  readonly codec?: string;
};

/** An Avro file as another writer may lay it out: any codec name, any blocks. Longs are numbers here. */
export function foreignAvroFile({ schema, metadata, blocks, codec }: ForeignAvroFile): Uint8Array {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- avsc checks the schema itself
  const type = avro.Type.forSchema(plainSchema(schema, byName) as avro.Schema);
  const long = avro.Type.forSchema('long');
  const header = {
    ...metadata,
    'avro.schema': JSON.stringify(schema),
    ...(codec && { 'avro.codec': codec }),
  };
  const sync = Buffer.alloc(16, 7);
  return Buffer.concat([
    Buffer.from('Obj\u0001'),
    avro.Type.forSchema({ type: 'map', values: 'string' }).toBuffer(header),
    sync,
    ...blocks.flatMap((records) => {
      const plain = Buffer.concat(records.map((record) => type.toBuffer(record)));
      const data = codec === 'deflate' ? deflateRawSync(plain) : plain;
      return [long.toBuffer(records.length), long.toBuffer(data.length), data, sync];
    }),
  ]);
}
