import { Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { readStruct, type ThriftStruct, writeStruct } from './compact-thrift.ts';
import {
  CODEC,
  COLUMN_CHUNK,
  COLUMN_METADATA,
  integerIn,
  listIn,
  PAGE_HEADER,
  ROW_GROUP,
  setInteger,
  structIn,
  structsIn,
} from './footer-fields.ts';
import type { FooterSource } from './parquet-footer.ts';

/** A row group of one row without its long values. */
export type ShortenedRow = {
  /** The row group, as it describes `pages`, in which a long value is empty. */
  readonly rowGroup: Uint8Array;
  /** What stands from FIRST_OFFSET on in a file. */
  readonly pages: Uint8Array;
  /** By column. */
  readonly values: ReadonlyMap<string, Uint8Array>;
};

/** Where the pages of a file can begin: behind its magic number. */
export const FIRST_OFFSET = 4;
/** Smaller pages may go through the decoder. */
const LONG_PAGE_BYTES = 64 * 1024;
const LENGTH_SIZE = 4;
/** By parquet.thrift: a type, a page, the field of an encoding and an encoding. */
const BYTE_ARRAY = 6n;
const DATA_PAGE = 0n;
const DATA_PAGE_ENCODING = 2;
const PLAIN = 0n;
/** Of a page header: more than any has that holds no statistics of texts. */
const MOST_HEADER_BYTES = 1024;

/**
 * Takes the long values out of a row group of one row, as `writeLongRowGroup` put them in: each has one plain page.
 * Undefined where there is none: then the row group is one for the decoder.
 */
export async function shortenRow(
  source: FooterSource,
  encodedRowGroup: Uint8Array,
): Promise<ShortenedRow | undefined> {
  const { struct: rowGroup } = readStruct(encodedRowGroup);
  const pages: Uint8Array[] = [];
  const values = new Map<string, Uint8Array>();
  let at = FIRST_OFFSET;
  for (const chunk of structsIn(rowGroup, ROW_GROUP.columns)) {
    const metadata = structIn(chunk, COLUMN_CHUNK.metadata);
    const { start, size } = rangeOf(metadata);
    const page = await readLongPage(source, metadata);
    if (page !== undefined) values.set(page.column, page.value);
    const kept = page === undefined ? await source.getRange(start, start + size) : emptyPage(page, metadata);
    moveChunk(metadata, start, at);
    pages.push(kept);
    at += kept.length;
  }
  if (values.size === 0) return undefined;
  return { rowGroup: writeStruct(rowGroup), pages: Buffer.concat(pages), values };
}

type LongPage = {
  readonly column: string;
  readonly header: ThriftStruct;
  readonly levels: Uint8Array;
  readonly value: Uint8Array;
};

async function readLongPage(source: FooterSource, metadata: ThriftStruct): Promise<LongPage | undefined> {
  if (!mayBeLong(metadata)) return undefined;
  const { start, size } = rangeOf(metadata);
  const head = await source.getRange(start, start + Math.min(size, MOST_HEADER_BYTES));
  const { struct: header, end } = readStruct(head);
  if (!isOnePlainPage(header, size - end)) return undefined;
  const stored = await source.getRange(start + end, start + size);
  const isStoredPlain = integerIn(metadata, COLUMN_METADATA.codec) === CODEC.uncompressed;
  const bytes = Number(integerIn(header, PAGE_HEADER.uncompressedBytes));
  const body = isStoredPlain ? stored : await decompress(stored, bytes);
  return { column: columnOf(metadata), header, ...splitBody(body) };
}

function columnOf(metadata: ThriftStruct): string {
  const [column] = listIn(metadata, COLUMN_METADATA.path).values;
  if (!(column instanceof Uint8Array)) throw new Error('a column chunk has no path');
  return Buffer.from(column).toString();
}

function mayBeLong(metadata: ThriftStruct): boolean {
  const codec = integerIn(metadata, COLUMN_METADATA.codec);
  return (
    integerIn(metadata, COLUMN_METADATA.type) === BYTE_ARRAY &&
    (codec === CODEC.zstd || codec === CODEC.uncompressed) &&
    listIn(metadata, COLUMN_METADATA.path).values.length === 1 &&
    !metadata.has(COLUMN_METADATA.dictionaryPageOffset) &&
    integerIn(metadata, COLUMN_METADATA.uncompressedBytes) >= LONG_PAGE_BYTES
  );
}

function isOnePlainPage(header: ThriftStruct, bytes: number): boolean {
  if (integerIn(header, PAGE_HEADER.type) !== DATA_PAGE) return false;
  if (Number(integerIn(header, PAGE_HEADER.compressedBytes)) !== bytes) return false;
  return integerIn(structIn(header, PAGE_HEADER.dataPage), DATA_PAGE_ENCODING) === PLAIN;
}

async function decompress(stored: Uint8Array, bytes: number): Promise<Uint8Array> {
  const pieces: AsyncIterable<Buffer> = Readable.from([stored]).pipe(createZstdDecompress());
  const body = Buffer.allocUnsafeSlow(bytes);
  let length = 0;
  for await (const piece of pieces) length += piece.copy(body, length);
  if (length !== bytes) throw new Error('a page is shorter than its header says');
  return body;
}

/** Levels, where the column has them, are in front, behind their own length; then comes the value, behind its. */
function splitBody(body: Uint8Array): { levels: Uint8Array; value: Uint8Array } {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  for (const levels of [0, LENGTH_SIZE + view.getUint32(0, true)]) {
    const from = levels + LENGTH_SIZE;
    if (from <= body.length && view.getUint32(levels, true) === body.length - from)
      return { levels: body.subarray(0, levels), value: body.subarray(from) };
  }
  throw new Error('a page does not hold one value');
}

/** The page as it would be of an empty value. */
function emptyPage({ header, levels }: LongPage, metadata: ThriftStruct): Uint8Array {
  const body = Buffer.concat([levels, Buffer.alloc(LENGTH_SIZE)]);
  header.delete(PAGE_HEADER.checksum);
  setInteger(header, PAGE_HEADER.uncompressedBytes, BigInt(body.length));
  setInteger(header, PAGE_HEADER.compressedBytes, BigInt(body.length));
  const page = Buffer.concat([writeStruct(header), body]);
  setInteger(metadata, COLUMN_METADATA.codec, CODEC.uncompressed);
  setInteger(metadata, COLUMN_METADATA.uncompressedBytes, BigInt(page.length));
  setInteger(metadata, COLUMN_METADATA.compressedBytes, BigInt(page.length));
  return page;
}

function rangeOf(metadata: ThriftStruct): { start: number; size: number } {
  const first = metadata.has(COLUMN_METADATA.dictionaryPageOffset)
    ? COLUMN_METADATA.dictionaryPageOffset
    : COLUMN_METADATA.dataPageOffset;
  return {
    start: Number(integerIn(metadata, first)),
    size: Number(integerIn(metadata, COLUMN_METADATA.compressedBytes)),
  };
}

function moveChunk(metadata: ThriftStruct, from: number, to: number): void {
  for (const id of [COLUMN_METADATA.dataPageOffset, COLUMN_METADATA.dictionaryPageOffset]) {
    if (metadata.has(id)) setInteger(metadata, id, integerIn(metadata, id) + BigInt(to - from));
  }
}
