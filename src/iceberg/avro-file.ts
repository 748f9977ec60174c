import { createHash } from 'node:crypto';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import avro from 'avsc';
import { PermafrostError } from '../errors.ts';
import { type AvroSchema, byFieldId, byName, type FieldNaming, plainSchema } from './avro-schema.ts';

/** One record: by name when written, by `f<field-id>` when read (see `byFieldId`). Longs are `bigint`. */
export type AvroRecord = Readonly<Record<string, unknown>>;

export type AvroFileContent = {
  readonly schema: AvroSchema;
  /** The header's key-value metadata, without the keys `avro.*`. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly records: readonly AvroRecord[];
};

/** A decoded value and where it ends. */
type Decoded<T> = { readonly value: T; readonly offset: number };

const MAGIC = Buffer.from('Obj\u0001', 'latin1');
const SYNC_BYTES = 16;
/** Bytes of records, before compression, after which a block ends. */
const BLOCK_BYTES = 64_000;
/** Paths and ids hardly compress: a manifest list of ten years is 1 % smaller on the usual level, for twice the time. */
const DEFLATE = { level: constants.Z_BEST_SPEED };

/** Types that were made, by their plain schema: tables of one partitioning share theirs. */
const recordTypes = new Map<string, avro.Type>();
const MOST_TYPES = 64;

/** Holds one long on its way into avsc, which copies it at once. */
const longBytes = Buffer.alloc(8);

const headerMap = avro.Type.forSchema({ type: 'map', values: 'bytes' });
const shortLong = avro.Type.forSchema('long');

/** A long as `bigint`: avsc's own stops at 2^53, Iceberg's ids do not. */
// oxlint-disable-next-line no-underscore-dangle -- avsc's documented name
const exactLong = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    longBytes.writeBigInt64LE(value);
    return longBytes;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (a: bigint, b: bigint) => {
    if (a < b) return -1;
    return a > b ? 1 : 0;
  },
});

/**
 * Writes an Avro object container file, deflated. The header keeps the whole schema with Iceberg's attributes, which
 * avsc's own file writer drops. The same content gives the same bytes. A file without records is refused: several
 * readers cannot open one.
 */
export function writeAvroFile(
  content: Omit<AvroFileContent, 'records'> & { readonly records: Iterable<AvroRecord> },
): Uint8Array {
  const type = recordType(content.schema, byName);
  const header = headerMap.toBuffer({
    'avro.schema': Buffer.from(JSON.stringify(content.schema)),
    'avro.codec': Buffer.from('deflate'),
    ...Object.fromEntries([...content.metadata].map(([key, value]) => [key, Buffer.from(value)])),
  });
  const blocks = encodeBlocks(type, content.records);
  if (blocks.length === 0) {
    throw new PermafrostError('unexpected', 'an Avro file needs at least one record', {
      cure: 'report this as a defect: manifests and manifest lists without entries are not written',
    });
  }
  const sync = syncMarker(header, blocks);
  return Buffer.concat([MAGIC, header, sync, ...blocks.flatMap((block) => [block, sync])]);
}

/**
 * Reads an Avro object container file of any writer; codecs null and deflate, any number of blocks. The format does not
 * say how many: a file cut between two blocks looks whole, so callers compare what they know of its length or records.
 */
export function readAvroFile(bytes: Uint8Array): AvroFileContent {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!buffer.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged('it does not start as one');
  const header: Decoded<Record<string, Buffer>> = decodeAt(headerMap, buffer, MAGIC.length);
  const metadata = new Map(Object.entries(header.value).map(([key, value]) => [key, value.toString('utf8')]));
  const schema = parseSchema(metadata.get('avro.schema'));
  const codec = metadata.get('avro.codec') ?? 'null';
  const records = decodeBlocks(buffer, header.offset, recordType(schema, byFieldId), codec);
  return { schema, metadata: new Map([...metadata].filter(([key]) => !key.startsWith('avro.'))), records };
}

function encodeBlocks(type: avro.Type, records: Iterable<AvroRecord>): Buffer[] {
  const blocks: Buffer[] = [];
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for (const record of records) {
    const bytes = encodeRecord(type, record);
    pending.push(bytes);
    pendingBytes += bytes.length;
    if (pendingBytes < BLOCK_BYTES) continue;
    blocks.push(encodeBlock(pending));
    pending = [];
    pendingBytes = 0;
  }
  if (pending.length > 0) blocks.push(encodeBlock(pending));
  return blocks;
}

function encodeBlock(records: readonly Buffer[]): Buffer {
  const data = deflateRawSync(Buffer.concat(records), DEFLATE);
  return Buffer.concat([shortLong.toBuffer(records.length), shortLong.toBuffer(data.length), data]);
}

function encodeRecord(type: avro.Type, record: AvroRecord): Buffer {
  try {
    return type.toBuffer(record);
  } catch {
    // avsc's message quotes the value, which may be personal data: only the place is told.
    throw new PermafrostError(
      'unexpected',
      `an Avro record does not fit its schema at ${misfit(type, record)}`,
      {
        cure: 'report this as a defect',
      },
    );
  }
}

function misfit(type: avro.Type, record: AvroRecord): string {
  const paths: string[] = [];
  type.isValid(record, { errorHook: (path) => paths.push(path.join('.')) });
  return paths[0] ?? 'an unknown place';
}

/** Sixteen bytes that the blocks do not hold by chance. Not random, so that writing twice gives equal files. */
function syncMarker(header: Buffer, blocks: readonly Buffer[]): Buffer {
  const hash = createHash('sha256').update(header);
  for (const block of blocks) hash.update(block);
  return hash.digest().subarray(0, SYNC_BYTES);
}

function decodeBlocks(buffer: Buffer, headerEnd: number, type: avro.Type, codec: string): AvroRecord[] {
  const sync = buffer.subarray(headerEnd, headerEnd + SYNC_BYTES);
  if (sync.length < SYNC_BYTES) throw damaged('it is cut short');
  const records: AvroRecord[] = [];
  let position = headerEnd + SYNC_BYTES;
  while (position < buffer.length) {
    const count: Decoded<number> = decodeAt(shortLong, buffer, position);
    const length: Decoded<number> = decodeAt(shortLong, buffer, count.offset);
    const end = length.offset + length.value;
    if (!buffer.subarray(end, end + SYNC_BYTES).equals(sync))
      throw damaged('a block does not end as it should');
    const data = decompress(buffer.subarray(length.offset, end), codec);
    decodeBlock(data, count.value, type, records);
    position = end + SYNC_BYTES;
  }
  return records;
}

function decodeBlock(data: Buffer, count: number, type: avro.Type, into: AvroRecord[]): void {
  let position = 0;
  for (let i = 0; i < count; i++) {
    const record: Decoded<AvroRecord> = decodeAt(type, data, position);
    into.push(record.value);
    position = record.offset;
  }
  if (position !== data.length) throw damaged('a block holds more than its records');
}

/** The caller names the type of the value: it is the one that the Avro type decodes to. */
function decodeAt(type: avro.Type, buffer: Buffer, position: number): ReturnType<avro.Type['decode']> {
  try {
    const decoded = type.decode(buffer, position);
    if (decoded.offset >= 0) return decoded;
  } catch (cause) {
    throw damaged('its records do not follow its schema', cause);
  }
  throw damaged('it is cut short');
}

function decompress(data: Buffer, codec: string): Buffer {
  if (codec === 'null') return data;
  if (codec !== 'deflate') {
    throw new PermafrostError('lake-foreign', `an Avro file is compressed with ${codec}`, {
      cure: 'let the other writer of this table compress its manifests with deflate (gzip)',
    });
  }
  try {
    return inflateRawSync(data);
  } catch (cause) {
    throw damaged('a block cannot be decompressed', cause);
  }
}

function parseSchema(json: string | undefined): AvroSchema {
  if (json === undefined) throw damaged('its header has no schema');
  try {
    const schema: AvroSchema = JSON.parse(json);
    return schema;
  } catch (cause) {
    throw damaged('its schema is not JSON', cause);
  }
}

function recordType(schema: AvroSchema, naming: FieldNaming): avro.Type {
  const plain = plainSchema(schema, naming);
  const key = JSON.stringify(plain);
  const type = recordTypes.get(key) ?? compileType(plain);
  if (recordTypes.size >= MOST_TYPES) recordTypes.clear();
  recordTypes.set(key, type);
  return type;
}

/** avsc makes code for each type, which takes longer than to write the few records of a night. */
function compileType(plain: AvroSchema): avro.Type {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- avsc checks the schema itself
    return avro.Type.forSchema(plain as avro.Schema, { registry: { long: exactLong } });
  } catch (cause) {
    throw new PermafrostError('lake-foreign', 'an Avro file has a schema that cannot be used', { cause });
  }
}

function damaged(why: string, cause?: unknown): PermafrostError {
  return new PermafrostError('integrity', `an Avro file is damaged: ${why}`, {
    cure: 'verify the table, and restore the file from a copy of the lake',
    cause,
  });
}
