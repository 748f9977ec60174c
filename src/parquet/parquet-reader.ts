import { DataType, makeData, RecordBatch, RecordBatchReader, Struct, util } from 'apache-arrow';
import type { Data, Field, Schema } from 'apache-arrow';
import { type FileMetaData, parquetMetadata, type RowGroup } from 'hyparquet';
import { readParquet } from 'parquet-wasm';
import { PermafrostError } from '../errors.ts';
import { freeMemory } from '../memory.ts';
import { footerWith, type FooterParts, splitFooter } from './footer-parts.ts';
import type { FooterSource } from './parquet-footer.ts';
import { withLongValues } from './long-row.ts';
import { FIRST_OFFSET, shortenRow } from './long-row-pages.ts';
import { rowGroupFile } from './row-group-file.ts';

export type ParquetReadOptions = {
  /** About how many bytes of Arrow data a batch holds. */
  readonly batchBytes: number;
  /** Begins the message of an error: "restoring public.orders". */
  readonly doing: string;
  readonly signal?: AbortSignal;
};

type OpenFile = { readonly metadata: FileMetaData; readonly parts: FooterParts };

/** Holds the footer of nearly every file; a longer one costs a second read. */
const FIRST_READ_BYTES = 256 * 1024;
const TRAILER_SIZE = 8;
/** Decoded at once in the decoder's memory, which never shrinks; a row group that is larger is decoded in parts. */
const PART_BYTES = 64 * 2 ** 20;
/** A single row that takes less is decoded as any other. */
const LONG_ROW_BYTES = 256 * 1024;
const MOST_BATCH_ROWS = 64 * 1024;
const LIST_OFFSET_SIZE = 4;

/**
 * Reads a data file as batches of the given schema, in the file's order, and gives the number of rows. Columns are
 * found by field id (metadata `PARQUET:field_id`), whatever their names; one that the file does not have is null.
 * Memory is bounded by a row group as it is stored, and a part of it decoded. A batch is valid until the next is asked
 * for.
 *
 * Decoding is synchronous WebAssembly work of up to some 200 milliseconds: use it in a worker thread.
 * Errors: `integrity` for a damaged file, other types than the schema's, or other counts than the footer's;
 * `cancelled`; what the source throws.
 */
export async function* readDataFile(
  source: FooterSource,
  schema: Schema,
  options: ParquetReadOptions,
): AsyncGenerator<RecordBatch, number> {
  const { doing } = options;
  const file = await openFile(source, doing);
  let rows = 0;
  for (const [index, group] of file.metadata.row_groups.entries()) {
    throwIfStopped(options);
    const { bytes, longValues } = await readRowGroup(source, file, index, doing);
    let groupRows = 0;
    for (const shortened of decodeRowGroup(bytes, group, options)) {
      throwIfStopped(options);
      const batch = longValues === undefined ? shortened : withLongValues(shortened, longValues);
      groupRows += batch.numRows;
      yield project(batch, schema, doing);
    }
    if (groupRows !== Number(group.num_rows)) {
      throw damaged(doing, `row group ${index} has ${groupRows} rows instead of ${group.num_rows}`);
    }
    rows += groupRows;
  }
  if (rows !== Number(file.metadata.num_rows))
    throw damaged(doing, `${rows} rows instead of ${file.metadata.num_rows}`);
  return rows;
}

async function openFile(source: FooterSource, doing: string): Promise<OpenFile> {
  if (source.bytes < TRAILER_SIZE) throw damaged(doing, 'it is too short');
  let tail = await source.getRange(Math.max(0, source.bytes - FIRST_READ_BYTES), source.bytes);
  const needed = Buffer.from(tail).readUInt32LE(tail.length - TRAILER_SIZE) + TRAILER_SIZE;
  if (needed > source.bytes) throw damaged(doing, 'its footer is longer than the file');
  if (needed > tail.length) tail = await source.getRange(source.bytes - needed, source.bytes);
  try {
    const metadata = parquetMetadata(tail, { geoparquet: false });
    const footer = tail.subarray(tail.length - needed, tail.length - TRAILER_SIZE);
    return { metadata, parts: splitFooter(footer) };
  } catch (cause) {
    throw damaged(doing, 'its footer cannot be read', cause);
  }
}

type StoredRowGroup = {
  /** A file that has this row group only. */
  readonly bytes: Uint8Array;
  /** What is missing in it, by column. */
  readonly longValues?: ReadonlyMap<string, Uint8Array>;
};

async function readRowGroup(
  source: FooterSource,
  { metadata, parts }: OpenFile,
  index: number,
  doing: string,
): Promise<StoredRowGroup> {
  const group = metadata.row_groups[index]!;
  const { start, end } = rangeOf(group, source, doing);
  const encoded = parts.rowGroups[index]!;
  if (group.num_rows === 1n && decodedBytes(group) > LONG_ROW_BYTES) {
    const shortened = await shortenRow(source, encoded).catch((error: unknown) => {
      throw error instanceof PermafrostError ? error : damaged(doing, 'its pages cannot be decoded', error);
    });
    if (shortened !== undefined) {
      const { rowGroup, pages, values } = shortened;
      return { bytes: rowGroupFile(footerWith(parts, [rowGroup]), pages, FIRST_OFFSET), longValues: values };
    }
  }
  return { bytes: rowGroupFile(footerWith(parts, [encoded]), await source.getRange(start, end), start) };
}

/** Where the pages of a row group stand in the file. */
function rangeOf(group: RowGroup, source: FooterSource, doing: string): { start: number; end: number } {
  let start = source.bytes;
  let end = 0;
  for (const { meta_data: chunk } of group.columns) {
    if (chunk === undefined) throw damaged(doing, 'a column chunk is described elsewhere');
    const first = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
    start = Math.min(start, first);
    end = Math.max(end, first + Number(chunk.total_compressed_size));
  }
  if (end > source.bytes) throw damaged(doing, 'a row group ends behind the file');
  return { start: Math.min(start, end), end };
}

function* decodeRowGroup(
  file: Uint8Array,
  group: RowGroup,
  { batchBytes, doing }: ParquetReadOptions,
): Generator<RecordBatch> {
  const rows = Number(group.num_rows);
  const rowBytes = Math.max(1, decodedBytes(group) / Math.max(1, rows));
  const rowsOf = (bytes: number): number => Math.max(1, Math.floor(bytes / rowBytes));
  const batchSize = Math.min(rowsOf(batchBytes), MOST_BATCH_ROWS);
  const partRows = Math.max(rowsOf(PART_BYTES), batchSize);
  for (let offset = 0; offset < rows; offset += partRows) {
    const limit = Math.min(partRows, rows - offset);
    yield* decodePart(file, { rowGroups: [0], batchSize, offset, limit }, doing);
  }
}

/** About what a row group takes as Arrow. Its size in the file says little: a dictionary holds a value once. */
function decodedBytes({ columns, num_rows: rows }: RowGroup): number {
  let bytes = 0;
  for (const { meta_data: chunk } of columns) {
    const values = Number(chunk?.num_values ?? 0n);
    const varying = chunk?.size_statistics?.unencoded_byte_array_data_bytes;
    const width = chunk?.type === 'INT32' || chunk?.type === 'FLOAT' || varying !== undefined ? 4 : 16;
    bytes += values * width + Number(varying ?? 0n) + Number(rows) * LIST_OFFSET_SIZE;
  }
  return bytes;
}

type Part = { rowGroups: number[]; batchSize: number; offset: number; limit: number };

function* decodePart(file: Uint8Array, part: Part, doing: string): Generator<RecordBatch> {
  const table = decode(() => readParquet(file, part), doing);
  try {
    for (let index = 0; index < table.numBatches; index++) {
      const batch = decode(() => table.recordBatch(index)?.intoIPCStream(), doing);
      if (batch === undefined) continue;
      // At once: behind its batch, the reader looks for the end of the stream.
      yield* RecordBatchReader.from(batch).readAll();
      freeMemory(batch.buffer);
    }
  } finally {
    table.free();
  }
}

/** The decoder throws whatever it has; it holds no value of a row that could be told. */
function decode<T>(step: () => T, doing: string): T {
  try {
    return step();
  } catch (cause) {
    throw damaged(doing, 'its pages cannot be decoded', cause);
  }
}

/** The batch's columns in the order of the schema, found by field id. */
function project(batch: RecordBatch, schema: Schema, doing: string): RecordBatch {
  const byId = new Map(batch.schema.fields.map((field, index) => [fieldIdOf(field), index]));
  const children = schema.fields.map((field) => {
    const id = fieldIdOf(field);
    if (id === undefined) throw new PermafrostError('unexpected', `${doing}: ${field.name} has no field id`);
    const index = byId.get(id);
    const found = index === undefined ? undefined : batch.schema.fields[index];
    const column = index === undefined ? undefined : batch.data.children[index];
    if (found === undefined || column === undefined) return nullColumn(field.type, batch.numRows);
    if (isSameType(found.type, field.type)) return column;
    throw damaged(doing, `it has ${String(found)} instead of ${String(field)}`);
  });
  const struct = { type: new Struct(schema.fields), length: batch.numRows, nullCount: 0, children };
  return new RecordBatch(schema, makeData(struct));
}

/** "No zone" has more than one form. */
function isSameType(one: DataType, other: DataType): boolean {
  if (DataType.isTimestamp(one) && DataType.isTimestamp(other)) {
    return one.unit === other.unit && (one.timezone ?? '') === (other.timezone ?? '');
  }
  if (DataType.isList(one) && DataType.isList(other)) return isSameType(one.valueType, other.valueType);
  return util.compareTypes(one, other);
}

function fieldIdOf(field: Field): string | undefined {
  return field.metadata.get('PARQUET:field_id');
}

function nullColumn(type: DataType, rows: number): Data {
  const nulls = { length: rows, nullCount: rows, nullBitmap: new Uint8Array((rows + 7) >> 3) };
  const valueOffsets = new Int32Array(rows + 1);
  if (DataType.isList(type))
    return makeData({ type, ...nulls, valueOffsets, child: nullColumn(type.valueType, 0) });
  if (DataType.isUtf8(type)) return makeData({ type, ...nulls, valueOffsets, data: new Uint8Array() });
  if (DataType.isBinary(type)) return makeData({ type, ...nulls, valueOffsets, data: new Uint8Array() });
  const props = { type, ...nulls, data: new Uint8Array(rows * 16) };
  return makeData(props);
}

function throwIfStopped({ signal, doing }: ParquetReadOptions): void {
  if (signal?.aborted === true) throw new PermafrostError('cancelled', `${doing}: stopped`);
}

function damaged(doing: string, why: string, cause?: unknown): PermafrostError {
  return new PermafrostError('integrity', `${doing}: the data file is damaged: ${why}`, {
    cure: 'verify the lake; restore the file from a copy, or restore another night',
    cause,
  });
}
