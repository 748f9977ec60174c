import type { ThriftStruct } from '../compact-thrift.ts';
import {
  CODEC,
  COLUMN_CHUNK,
  COLUMN_METADATA,
  ENCODING,
  ENCODING_STATISTICS,
  PAGE_TYPE,
  SIZE_STATISTICS,
  STATISTICS,
} from '../footer-fields.ts';
import {
  binaryField,
  booleanField,
  int32Field,
  int32sField,
  int64Field,
  structField,
  structOf,
  structsField,
  textsField,
} from '../thrift-fields.ts';
import type { Bound } from './bounds.ts';
import type { Page, PageCompression } from './page.ts';

/** The pages of one column in one row group, and what the footer says of them. Its bytes belong to the encoder. */
export type ColumnChunk = {
  readonly path: readonly string[];
  /** By parquet.thrift. */
  readonly physicalType: number;
  readonly compression: PageCompression;
  readonly dictionary: Page | undefined;
  readonly pages: readonly Page[];
  /** One after another, the dictionary first: as they stand in the file. */
  readonly bytes: readonly Uint8Array[];
  readonly rows: number;
  /** Nulls and empty lists counted. */
  readonly values: number;
  /** Undefined where nothing may be told of the values. */
  readonly statistics: ChunkStatistics | undefined;
};

export type ChunkStatistics = {
  readonly nulls: number;
  readonly min: Bound | undefined;
  readonly max: Bound | undefined;
  /** Of texts and binaries. */
  readonly valueBytes: number | undefined;
};

export type ChunkSize = { readonly bytes: number; readonly plainBytes: number };

function pagesOf({ dictionary, pages }: ColumnChunk): readonly Page[] {
  return dictionary === undefined ? pages : [dictionary, ...pages];
}

export function sizeOf(chunk: ColumnChunk): ChunkSize {
  let bytes = 0;
  let plainBytes = 0;
  for (const page of pagesOf(chunk)) {
    bytes += page.bytes;
    plainBytes += page.plainBytes;
  }
  return { bytes, plainBytes };
}

/** What the footer says of a chunk of this size that begins at `start`. */
export function describeChunk(
  chunk: ColumnChunk,
  { bytes, plainBytes }: ChunkSize,
  start: number,
): ThriftStruct {
  const { dictionary, pages, statistics } = chunk;
  const metadata = structField({
    [COLUMN_METADATA.type]: int32Field(chunk.physicalType),
    [COLUMN_METADATA.encodings]: int32sField(encodingsOf(chunk)),
    [COLUMN_METADATA.path]: textsField(chunk.path),
    [COLUMN_METADATA.codec]: int32Field(Number(CODEC[chunk.compression])),
    [COLUMN_METADATA.values]: int64Field(chunk.values),
    [COLUMN_METADATA.uncompressedBytes]: int64Field(plainBytes),
    [COLUMN_METADATA.compressedBytes]: int64Field(bytes),
    [COLUMN_METADATA.dataPageOffset]: int64Field(start + (dictionary?.bytes ?? 0)),
    [COLUMN_METADATA.dictionaryPageOffset]: dictionary && int64Field(start),
    [COLUMN_METADATA.statistics]: statistics && statisticsField(statistics),
    [COLUMN_METADATA.encodingStatistics]: structsField(encodingStatistics(dictionary, pages)),
    [COLUMN_METADATA.sizeStatistics]:
      statistics?.valueBytes === undefined
        ? undefined
        : structField({ [SIZE_STATISTICS.unencodedBytes]: int64Field(statistics.valueBytes) }),
  });
  return structOf({ [COLUMN_CHUNK.fileOffset]: int64Field(0), [COLUMN_CHUNK.metadata]: metadata });
}

function statisticsField({ nulls, min, max }: ChunkStatistics) {
  return structField({
    [STATISTICS.nulls]: int64Field(nulls),
    [STATISTICS.max]: max && binaryField(max.value),
    [STATISTICS.min]: min && binaryField(min.value),
    [STATISTICS.isMaxExact]: max && booleanField(max.isExact),
    [STATISTICS.isMinExact]: min && booleanField(min.isExact),
  });
}

/** Levels are always runs. */
function encodingsOf({ dictionary, pages }: ColumnChunk): number[] {
  const used = new Set([...pages.map(({ encoding }) => encoding), ENCODING.rle]);
  if (dictionary !== undefined) used.add(dictionary.encoding);
  return [...used];
}

/** By which a reader knows whether a dictionary has all values of the chunk. */
function encodingStatistics(dictionary: Page | undefined, pages: readonly Page[]): ThriftStruct[] {
  const found = dictionary === undefined ? [] : [countOf(PAGE_TYPE.dictionary, dictionary.encoding, 1)];
  for (const encoding of new Set(pages.map((page) => page.encoding))) {
    const count = pages.filter((page) => page.encoding === encoding).length;
    found.push(countOf(PAGE_TYPE.data, encoding, count));
  }
  return found;
}

function countOf(pageType: number, encoding: number, pages: number): ThriftStruct {
  return structOf({
    [ENCODING_STATISTICS.pageType]: int32Field(pageType),
    [ENCODING_STATISTICS.encoding]: int32Field(encoding),
    [ENCODING_STATISTICS.pages]: int32Field(pages),
  });
}
