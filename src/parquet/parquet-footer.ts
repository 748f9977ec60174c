import { parquetMetadata } from 'hyparquet';
import type { ColumnMetaData, RowGroup } from 'hyparquet';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { PermafrostError } from '../errors.ts';
import { combineStatistics } from './column-statistics.ts';
import type { ChunkStatistics, ColumnStatistics } from './column-statistics.ts';
import { footerIn, footerWith, splitFooter } from './footer-parts.ts';
import { readLeafColumns } from './column-type.ts';
import type { LeafColumn } from './column-type.ts';

/** What a Parquet file says of itself: read back by other code than wrote it. */
export type FooterSummary = {
  readonly rows: number;
  readonly rowGroups: readonly RowGroupSummary[];
  /** Every leaf of the schema, in the file's order; also of a file without rows. */
  readonly columns: readonly ColumnSummary[];
};

/** `offset`: where its first page starts; `bytes`: compressed. */
export type RowGroupSummary = { readonly offset: number; readonly rows: number; readonly bytes: number };

export type ColumnSummary = LeafColumn & ColumnStatistics & { readonly compressedBytes: number };

/** Bytes of a file to read from; `getRange` as of an object store: end exclusive, never short. */
export type FooterSource = {
  readonly bytes: number;
  getRange(start: number, end: number): Promise<Uint8Array>;
};

const firstReadBytes = 256 * 1024;
/** Of a footer, this much is in memory as objects. */
const partBytes = 256 * 1024;
/** Length of the footer, and the magic number. */
const trailerBytes = 8;

/** Reads the end of the file only. Fails with `integrity` for what is no whole Parquet file. */
export async function readFooter(source: FooterSource): Promise<FooterSummary> {
  const tail = await readTail(source);
  try {
    return summarize(tail);
  } catch (error) {
    throw notParquet('its footer cannot be read', error);
  }
}

/** The footer and its trailer, whole. */
async function readTail(source: FooterSource): Promise<Uint8Array> {
  if (source.bytes < trailerBytes) throw notParquet('it is too short');
  const start = Math.max(0, source.bytes - firstReadBytes);
  const tail = await source.getRange(start, source.bytes);
  if (!Buffer.from(tail.subarray(-4)).equals(Buffer.from('PAR1')))
    throw notParquet('it does not end with PAR1');
  const needed = footerLength(tail) + trailerBytes;
  if (needed <= tail.byteLength) return tail;
  if (needed > source.bytes) throw notParquet('its footer is longer than the file');
  return source.getRange(source.bytes - needed, source.bytes);
}

function footerLength(tail: Uint8Array): number {
  return new DataView(tail.buffer, tail.byteOffset, tail.byteLength).getUint32(
    tail.byteLength - trailerBytes,
    true,
  );
}

type Chunk = ChunkStatistics & { readonly compressedBytes: number };

/** A footer is many times larger as objects: they are made of a part of it at a time. */
function summarize(tail: Uint8Array): FooterSummary {
  const parts = splitFooter(footerIn(tail));
  const first = parquetMetadata(footerWith(parts, []), { geoparquet: false });
  const columns = readLeafColumns(first.schema);
  const chunks: Chunk[][] = columns.map(() => []);
  const rowGroups: RowGroupSummary[] = [];
  for (const part of partsOf(parts.rowGroups)) {
    const footer = footerWith(parts, part);
    const statistics = readRawStatistics(footer);
    const groups = parquetMetadata(footer, { geoparquet: false }).row_groups;
    for (const [ordinal, group] of groups.entries()) {
      if (group.columns.length !== columns.length) throw new Error('a row group does not have every column');
      rowGroups.push(summarizeRowGroup(group));
      for (const [index, list] of chunks.entries()) {
        list.push(summarizeChunk(chunkOf(group, index), statistics[ordinal]![index]!));
      }
    }
  }
  return {
    rows: Number(first.num_rows),
    rowGroups,
    columns: columns.map((column, index) => {
      const compressedBytes = chunks[index]!.reduce((total, chunk) => total + chunk.compressedBytes, 0);
      return { ...column, ...combineStatistics(column, chunks[index]!), compressedBytes };
    }),
  };
}

function* partsOf(rowGroups: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
  let part: Uint8Array[] = [];
  let bytes = 0;
  for (const rowGroup of rowGroups) {
    part.push(rowGroup);
    bytes += rowGroup.length;
    if (bytes < partBytes) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}

function summarizeChunk(metadata: ColumnMetaData, statistics: RawStatistics): Chunk {
  return {
    valueCount: Number(metadata.num_values),
    compressedBytes: Number(metadata.total_compressed_size),
    nullCount: statistics.nullCount,
    min: statistics.min,
    max: statistics.max,
  };
}

function summarizeRowGroup(group: RowGroup): RowGroupSummary {
  const first = chunkOf(group, 0);
  const pages = [first.dictionary_page_offset, first.data_page_offset].filter(
    (offset) => offset !== undefined,
  );
  const sizes = group.columns.map((_, index) => Number(chunkOf(group, index).total_compressed_size));
  return {
    offset: Math.min(...pages.map(Number)),
    rows: Number(group.num_rows),
    bytes: sizes.reduce((total, size) => total + size, 0),
  };
}

function chunkOf(group: RowGroup, index: number): ColumnMetaData {
  const metadata = group.columns[index]?.meta_data;
  if (metadata === undefined) throw new Error('a column chunk is described elsewhere');
  return metadata;
}

type RawStatistics = Omit<ChunkStatistics, 'valueCount'>;

/**
 * Statistics of every row group's columns as bytes, since hyparquet turns decimals into doubles and strings into
 * replacement characters. Field numbers are those of parquet.thrift: FileMetaData.row_groups 4, column_orders 7;
 * RowGroup.columns 1; ColumnChunk.meta_data 3; ColumnMetaData.statistics 12; Statistics.null_count 3, max_value 5,
 * min_value 6. The older min and max (2 and 1) have no defined order and are left alone.
 */
function readRawStatistics(tail: Uint8Array): RawStatistics[][] {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const footer = deserializeTCompactProtocol({
    view,
    offset: tail.byteLength - trailerBytes - footerLength(tail),
  });
  const rowGroups: { field_1: RawColumnChunk[] }[] = footer.field_4;
  const columnOrders: { field_1?: object }[] | undefined = footer.field_7;
  return rowGroups.map((group) =>
    group.field_1.map((chunk, index) => {
      const raw = chunk.field_3?.field_12;
      // Without "the order that the type defines", min and max may be of any order.
      const isOrdered = columnOrders?.[index]?.field_1 !== undefined;
      return {
        nullCount: raw?.field_3 === undefined ? undefined : Number(raw.field_3),
        max: isOrdered ? raw?.field_5 : undefined,
        min: isOrdered ? raw?.field_6 : undefined,
      };
    }),
  );
}

type RawColumnChunk = {
  field_3?: { field_12?: { field_3?: bigint; field_5?: Uint8Array; field_6?: Uint8Array } };
};

function notParquet(why: string, cause?: unknown): PermafrostError {
  return new PermafrostError('integrity', `not a whole Parquet file: ${why}`, {
    cure: 'write the file again; restore it from a copy if a snapshot names it',
    cause,
  });
}
