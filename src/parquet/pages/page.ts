import { constants, zstdCompressSync } from 'node:zlib';
import { freeMemory } from '../../memory.ts';
import { type ThriftField, writeStruct } from '../compact-thrift.ts';
import { DATA_PAGE, DICTIONARY_PAGE, ENCODING, PAGE_HEADER, PAGE_TYPE } from '../footer-fields.ts';
import { int32Field, structField, structOf } from '../thrift-fields.ts';
import type { GrowingBuffer } from './growing-buffer.ts';

/** Of Zstandard: what most columns have, and what some get a tenth smaller by, mostly long texts and times in order. */
const FAST = 1;
const THOROUGH = 3;
const WORTHWHILE = 0.9;
/** A smaller body says little of those that follow. */
const TELLING_BYTES = 64 * 1024;

export type PageCompression = 'zstd' | 'uncompressed';

/** What is to be known of a page besides its bytes. */
export type Page = {
  /** Of its header and its body. */
  readonly bytes: number;
  /** What it would take, had it not been compressed. */
  readonly plainBytes: number;
  readonly encoding: number;
};

export type Compressor = {
  readonly compression: PageCompression;
  /** See `chooseLevel`. */
  readonly level: number | undefined;
};

/** Appends a page of `values` values, nulls counted. */
export function appendDataPage(
  out: GrowingBuffer,
  body: Uint8Array,
  { values, encoding }: { readonly values: number; readonly encoding: number },
  compressor: Compressor,
): Page {
  const kind = structField({
    [DATA_PAGE.values]: int32Field(values),
    [DATA_PAGE.encoding]: int32Field(encoding),
    [DATA_PAGE.definitionLevels]: int32Field(ENCODING.rle),
    [DATA_PAGE.repetitionLevels]: int32Field(ENCODING.rle),
  });
  const fields = { [PAGE_HEADER.type]: int32Field(PAGE_TYPE.data), [PAGE_HEADER.dataPage]: kind };
  return { ...appendPage(out, body, fields, compressor), encoding };
}

/** Appends the page of a dictionary's keys. */
export function appendDictionaryPage(
  out: GrowingBuffer,
  body: Uint8Array,
  keys: number,
  compressor: Compressor,
): Page {
  const kind = structField({
    [DICTIONARY_PAGE.values]: int32Field(keys),
    [DICTIONARY_PAGE.encoding]: int32Field(ENCODING.plain),
  });
  const fields = { [PAGE_HEADER.type]: int32Field(PAGE_TYPE.dictionary), [PAGE_HEADER.dictionaryPage]: kind };
  return { ...appendPage(out, body, fields, compressor), encoding: ENCODING.plain };
}

function appendPage(
  out: GrowingBuffer,
  body: Uint8Array,
  fields: Readonly<Record<number, ThriftField>>,
  compressor: Compressor,
): Omit<Page, 'encoding'> {
  const { compression, level = FAST } = compressor;
  const append = (stored: Uint8Array): Omit<Page, 'encoding'> => {
    const header = writeStruct(
      structOf({
        ...fields,
        [PAGE_HEADER.uncompressedBytes]: int32Field(body.length),
        [PAGE_HEADER.compressedBytes]: int32Field(stored.length),
      }),
    );
    out.reserve(header.length + stored.length);
    out.append(header);
    out.append(stored);
    return { bytes: header.length + stored.length, plainBytes: header.length + body.length };
  };
  return compression === 'zstd' ? compress(body, level, append) : append(body);
}

/**
 * The level at which pages like this one are compressed, undefined where it is too small to tell. Found by trying: what the
 * thorough one gains differs between columns from a third to nothing, at up to twice the time.
 */
export function chooseLevel(body: Uint8Array): number | undefined {
  if (body.length < TELLING_BYTES) return undefined;
  const [fast, thorough] = [FAST, THOROUGH].map((level) => compress(body, level, ({ length }) => length));
  return thorough! < fast! * WORTHWHILE ? THOROUGH : FAST;
}

/**
 * At once, on this thread: handing a page to another costs more than it brings. What `use` is given has no memory any more
 * when it has returned: left to the slow collector, it would make that run several times as often.
 */
function compress<T>(body: Uint8Array, level: number, use: (stored: Uint8Array) => T): T {
  // Smaller memory would be a part of Node's pool, which cannot be given back.
  const room = Math.max(mostStoredBytes(body.length), Buffer.poolSize >>> 1);
  const stored = zstdCompressSync(body, {
    chunkSize: room,
    params: { [constants.ZSTD_c_compressionLevel]: level },
    pledgedSrcSize: body.length,
  });
  const used = use(stored);
  if (stored.buffer.byteLength === room) freeMemory(stored.buffer);
  return used;
}

/** Zstandard's own bound (ZSTD_COMPRESSBOUND in zstd.h). With less room it copies what comes in and what goes out. */
function mostStoredBytes(bytes: number): number {
  return bytes + (bytes >> 8) + 64;
}
