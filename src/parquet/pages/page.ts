import { constants, zstdCompressSync } from 'node:zlib';
import { writeStruct } from '../compact-thrift.ts';
import { DATA_PAGE, DICTIONARY_PAGE, ENCODING, PAGE_HEADER, PAGE_TYPE } from '../footer-fields.ts';
import { int32Field, structField, structOf } from '../thrift-fields.ts';

/** Zstandard's own fastest, of which the others' gain is below what they cost. */
const LEVEL = 1;

export type PageCompression = 'zstd' | 'uncompressed';

/** A page as it stands in the file. */
export type Page = {
  readonly header: Uint8Array;
  readonly body: Uint8Array;
  /** Of the body, before it was compressed. */
  readonly plainBytes: number;
  readonly encoding: number;
};

/** Of `values` values, nulls counted. The body is copied or compressed. */
export function dataPage(
  body: Uint8Array,
  values: number,
  encoding: number,
  compression: PageCompression,
): Page {
  const stored = store(body, compression);
  const header = structOf({
    [PAGE_HEADER.type]: int32Field(PAGE_TYPE.data),
    [PAGE_HEADER.uncompressedBytes]: int32Field(body.length),
    [PAGE_HEADER.compressedBytes]: int32Field(stored.length),
    [PAGE_HEADER.dataPage]: structField({
      [DATA_PAGE.values]: int32Field(values),
      [DATA_PAGE.encoding]: int32Field(encoding),
      [DATA_PAGE.definitionLevels]: int32Field(ENCODING.rle),
      [DATA_PAGE.repetitionLevels]: int32Field(ENCODING.rle),
    }),
  });
  return { header: writeStruct(header), body: stored, plainBytes: body.length, encoding };
}

/** Of the keys of a dictionary. The body is copied or compressed. */
export function dictionaryPage(body: Uint8Array, keys: number, compression: PageCompression): Page {
  const stored = store(body, compression);
  const header = structOf({
    [PAGE_HEADER.type]: int32Field(PAGE_TYPE.dictionary),
    [PAGE_HEADER.uncompressedBytes]: int32Field(body.length),
    [PAGE_HEADER.compressedBytes]: int32Field(stored.length),
    [PAGE_HEADER.dictionaryPage]: structField({
      [DICTIONARY_PAGE.values]: int32Field(keys),
      [DICTIONARY_PAGE.encoding]: int32Field(ENCODING.plain),
    }),
  });
  return { header: writeStruct(header), body: stored, plainBytes: body.length, encoding: ENCODING.plain };
}

/** At once, on this thread: handing a page to another costs more than it brings. */
function store(body: Uint8Array, compression: PageCompression): Uint8Array {
  if (compression === 'uncompressed') return Buffer.copyBytesFrom(body);
  const compressed = zstdCompressSync(body, {
    // Room for the whole, so that it is made in one piece.
    chunkSize: body.length + (body.length >> 8) + 64,
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
    pledgedSrcSize: body.length,
  });
  return compressed.length * 2 < compressed.buffer.byteLength ? Buffer.copyBytesFrom(compressed) : compressed;
}
