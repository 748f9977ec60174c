import { Readable } from 'node:stream';
import { constants, createZstdCompress } from 'node:zlib';
import { PermafrostError } from '../errors.ts';
import { readStruct, type ThriftStruct, writeStruct } from './compact-thrift.ts';
import {
  CODEC,
  COLUMN_CHUNK,
  COLUMN_METADATA,
  FILE_METADATA,
  integerIn,
  listIn,
  PAGE_HEADER,
  ROW_GROUP,
  setInteger,
  SIZE_STATISTICS,
  STATISTICS,
  structIn,
  structsIn,
} from './footer-fields.ts';
import { splitEnd } from './joined-footer.ts';
import type { LongCell } from './long-row.ts';

type Page = { readonly pieces: readonly Uint8Array[]; readonly bytes: number; readonly plainBytes: number };

const LENGTH_SIZE = 4;
const LEVEL = 1;
/** Compressed bytes come in pieces of this size. */
const PIECE_BYTES = 256 * 1024;
const { min, max, oldMin, oldMax, isMaxExact, isMinExact } = STATISTICS;

/**
 * Writes the row group of one long row. `file` is the row as the encoder wrote it, uncompressed and without dictionaries,
 * with stand-ins for the long cells: their pages are written here from the values themselves, which are copied nowhere
 * but into the compressor. Gives the footer, whose offsets count from the first byte that it gave to the sink.
 */
export async function writeLongRowGroup(
  file: Uint8Array,
  cells: readonly LongCell[],
  compressed: boolean,
  sink: (bytes: Uint8Array) => Promise<void>,
): Promise<ThriftStruct> {
  const { footer } = splitEnd(file);
  const [rowGroup] = structsIn(footer, FILE_METADATA.rowGroups);
  if (rowGroup === undefined) throw notAsExpected();
  let offset = 0;
  let plainBytes = 0;
  for (const chunk of structsIn(rowGroup, ROW_GROUP.columns)) {
    const metadata = structIn(chunk, COLUMN_CHUNK.metadata);
    const cell = cells.find(({ column }) => isPathTo(column, metadata));
    const written = pagesOf(file, metadata);
    const page = cell === undefined ? written : await makePage(written, cell, compressed);
    if (cell !== undefined) describeLongChunk(metadata, cell, page, compressed);
    setInteger(metadata, COLUMN_METADATA.dataPageOffset, BigInt(offset));
    for (const piece of page.pieces) await sink(piece);
    offset += page.bytes;
    plainBytes += page.plainBytes;
  }
  setInteger(rowGroup, ROW_GROUP.fileOffset, 0n);
  setInteger(rowGroup, ROW_GROUP.totalBytes, BigInt(plainBytes));
  setInteger(rowGroup, ROW_GROUP.compressedBytes, BigInt(offset));
  return footer;
}

/** The chunk of a column that is no list. */
function isPathTo(column: string, metadata: ThriftStruct): boolean {
  const path = listIn(metadata, COLUMN_METADATA.path).values;
  return (
    path.length === 1 && path[0] instanceof Uint8Array && Buffer.from(path[0]).equals(Buffer.from(column))
  );
}

function pagesOf(file: Uint8Array, metadata: ThriftStruct): Page {
  if (metadata.has(COLUMN_METADATA.dictionaryPageOffset)) throw notAsExpected();
  const start = Number(integerIn(metadata, COLUMN_METADATA.dataPageOffset));
  const bytes = Number(integerIn(metadata, COLUMN_METADATA.compressedBytes));
  return { pieces: [file.subarray(start, start + bytes)], bytes, plainBytes: bytes };
}

/** The page of a long value: the levels and the header as of its stand-in, with other sizes. */
async function makePage({ pieces }: Page, { value, standIn }: LongCell, compressed: boolean): Promise<Page> {
  const [written = new Uint8Array()] = pieces;
  const { struct: header, end } = readStruct(written);
  const valueAt = written.length - standIn.length;
  if (!Buffer.from(written.subarray(valueAt)).equals(standIn)) throw notAsExpected();
  const levels = written.subarray(end, valueAt - LENGTH_SIZE);
  const length = Buffer.alloc(LENGTH_SIZE);
  length.writeUInt32LE(value.length);
  const plain = [levels, length, value];
  const body = compressed ? await compress(plain) : plain;
  header.delete(PAGE_HEADER.checksum);
  setInteger(header, PAGE_HEADER.uncompressedBytes, BigInt(sizeOf(plain)));
  setInteger(header, PAGE_HEADER.compressedBytes, BigInt(sizeOf(body)));
  const head = writeStruct(header);
  return {
    pieces: [head, ...body],
    bytes: head.length + sizeOf(body),
    plainBytes: head.length + sizeOf(plain),
  };
}

async function compress(plain: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
  const zstd = createZstdCompress({
    chunkSize: PIECE_BYTES,
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
    pledgedSrcSize: sizeOf(plain),
  });
  const pieces: AsyncIterable<Buffer> = Readable.from(plain).pipe(zstd);
  const compressed: Buffer[] = [];
  for await (const piece of pieces) compressed.push(piece);
  return compressed;
}

function describeLongChunk(metadata: ThriftStruct, cell: LongCell, page: Page, compressed: boolean): void {
  setInteger(metadata, COLUMN_METADATA.codec, compressed ? CODEC.zstd : CODEC.uncompressed);
  setInteger(metadata, COLUMN_METADATA.uncompressedBytes, BigInt(page.plainBytes));
  setInteger(metadata, COLUMN_METADATA.compressedBytes, BigInt(page.bytes));
  // A column without statistics has neither.
  if (metadata.has(COLUMN_METADATA.sizeStatistics)) {
    const sizes = structIn(metadata, COLUMN_METADATA.sizeStatistics);
    setInteger(sizes, SIZE_STATISTICS.unencodedBytes, BigInt(cell.value.length));
  }
  if (metadata.has(COLUMN_METADATA.statistics))
    dropExactBounds(structIn(metadata, COLUMN_METADATA.statistics));
}

/** An upper bound that could not be raised is the stand-in itself, and so below the value: better none. */
function dropExactBounds(statistics: ThriftStruct): void {
  if (statistics.get(isMaxExact)?.value === false && statistics.get(isMinExact)?.value === false) return;
  for (const id of [min, max, oldMin, oldMax, isMaxExact, isMinExact]) statistics.delete(id);
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

function notAsExpected(): PermafrostError {
  return new PermafrostError('unexpected', 'the Parquet encoder wrote a row in a way that is not known');
}
