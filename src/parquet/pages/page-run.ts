import type { RecordBatch, Schema } from 'apache-arrow';
import { PermafrostError } from '../../errors.ts';
import { type ThriftStruct, writeStruct } from '../compact-thrift.ts';
import { checkSchema, type EncoderRun, type RunOptions } from '../encoder-run.ts';
import { COLUMN_ORDER, FILE_METADATA, ROW_GROUP } from '../footer-fields.ts';
import { withTrailer } from '../joined-footer.ts';
import {
  int16Field,
  int32Field,
  int64Field,
  structField,
  structOf,
  structsField,
  textField,
} from '../thrift-fields.ts';
import { describeChunk, sizeOf } from './column-chunk.ts';
import { ColumnEncoder } from './column-encoder.ts';
import { shapeOf } from './column-shape.ts';
import { schemaElements } from './file-schema.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import type { PageCompression } from './page.ts';
import { PieceCollector } from './piece-collector.ts';

export type PageRunOptions = RunOptions & { readonly compression: PageCompression };

const MAGIC = Buffer.from('PAR1');
/** Of the format; readers take it for what it is worth. */
const VERSION = 1;
/** Readers know by it whose pages and bounds these are: raise it where they change. */
const CREATED_BY = 'permafrost version 1.0';
/** What a reader holds of a column, at the least. */
const MOST_PAGE_BYTES = 1024 * 1024;
/** Pages in the making of all columns together: where there are very many columns, pages are small. */
const MOST_OPEN_BYTES = 16 * 1024 * 1024;
/** However little they take encoded, as Arrow they take memory. */
const MOST_GROUP_ROWS = 2 ** 20;
/** Of Arrow: a reader decodes a row group as a whole, and what repeats itself is many times larger then. */
const MOST_GROUP_ARROW_BYTES = 256 * 1024 * 1024;
/** A row group's own number is a 16-bit integer, and may be left out. */
const MOST_ORDINALS = 2 ** 15;

/** Writes a file whose pages are made here, a column at a time. */
export class PageRun implements EncoderRun {
  readonly #schema: Schema;
  readonly #rowGroupBytes: number;
  readonly #out: PieceCollector;
  readonly #assembly = new GrowingBuffer(MOST_PAGE_BYTES);
  readonly #columns: readonly ColumnEncoder[];
  readonly #rowGroups: Uint8Array[] = [];
  #rows = 0;
  #groupRows = 0;
  #groupArrowBytes = 0;

  constructor(schema: Schema, options: PageRunOptions, sink: (bytes: Uint8Array) => Promise<void>) {
    this.#schema = schema;
    this.#rowGroupBytes = options.rowGroupBytes;
    this.#out = new PieceCollector(sink);
    this.#columns = makeColumns(schema, options, this.#assembly);
  }

  async write(batch: RecordBatch): Promise<void> {
    checkSchema(batch, this.#schema);
    for (let from = 0; from < batch.numRows;) {
      const to = Math.min(batch.numRows, from + MOST_GROUP_ROWS - this.#groupRows);
      this.#append(batch, from, to);
      this.#groupArrowBytes += (batch.data.byteLength * (to - from)) / batch.numRows;
      if (this.#isGroupFull()) await this.#endRowGroup();
      from = to;
    }
  }

  async finish(): Promise<Uint8Array> {
    if (this.#groupRows > 0) await this.#endRowGroup();
    if (this.#out.position === 0) await this.#out.add(MAGIC);
    await this.#out.flush();
    // Not when it is given up: a piece may still be on its way to the file.
    for (const column of this.#columns) column.release();
    this.#assembly.release();
    this.#out.release();
    return withTrailer(this.#encodeFooter());
  }

  /** Nothing is under way that could be stopped. */
  async abort(): Promise<void> {}

  #append(batch: RecordBatch, from: number, to: number): void {
    for (const [index, column] of this.#columns.entries())
      column.append(batch.data.children[index]!, from, to);
    this.#groupRows += to - from;
  }

  #isGroupFull(): boolean {
    const bytes = this.#columns.reduce((sum, column) => sum + column.bytes, 0);
    return (
      bytes >= this.#rowGroupBytes ||
      this.#groupRows >= MOST_GROUP_ROWS ||
      this.#groupArrowBytes >= MOST_GROUP_ARROW_BYTES
    );
  }

  async #endRowGroup(): Promise<void> {
    if (this.#out.position === 0) await this.#out.add(MAGIC);
    const start = this.#out.position;
    const chunks: ThriftStruct[] = [];
    let plainBytes = 0;
    for (const column of this.#columns) {
      const chunk = column.endChunk();
      if (chunk.rows !== this.#groupRows) throw lostRows(chunk.rows, this.#groupRows);
      const size = sizeOf(chunk);
      const chunkStart = this.#out.position;
      chunks.push(describeChunk(chunk, size, chunkStart));
      plainBytes += size.plainBytes;
      for (const bytes of chunk.bytes) await this.#out.add(bytes);
      const added = this.#out.position - chunkStart;
      if (added !== size.bytes) throw lostBytes(added, size.bytes);
    }
    await this.#out.flush();
    this.#rowGroups.push(this.#describeRowGroup(chunks, start, plainBytes));
    this.#rows += this.#groupRows;
    this.#groupRows = 0;
    this.#groupArrowBytes = 0;
  }

  /** Encoded at once: as objects it would take several times as much. */
  #describeRowGroup(chunks: readonly ThriftStruct[], start: number, plainBytes: number): Uint8Array {
    const ordinal = this.#rowGroups.length;
    return writeStruct(
      structOf({
        [ROW_GROUP.columns]: structsField(chunks),
        [ROW_GROUP.totalBytes]: int64Field(plainBytes),
        [ROW_GROUP.rows]: int64Field(this.#groupRows),
        [ROW_GROUP.fileOffset]: int64Field(start),
        [ROW_GROUP.compressedBytes]: int64Field(this.#out.position - start),
        [ROW_GROUP.ordinal]: ordinal < MOST_ORDINALS ? int16Field(ordinal) : undefined,
      }),
    );
  }

  #encodeFooter(): Uint8Array {
    const typeDefined = structOf({ [COLUMN_ORDER.typeDefined]: structField({}) });
    return writeStruct(
      structOf({
        [FILE_METADATA.version]: int32Field(VERSION),
        [FILE_METADATA.schema]: structsField(schemaElements(this.#schema)),
        [FILE_METADATA.rows]: int64Field(this.#rows),
        [FILE_METADATA.rowGroups]: structsField(this.#rowGroups),
        [FILE_METADATA.createdBy]: textField(CREATED_BY),
        [FILE_METADATA.columnOrders]: structsField(this.#columns.map(() => typeDefined)),
      }),
    );
  }
}

function makeColumns({ fields }: Schema, options: PageRunOptions, assembly: GrowingBuffer): ColumnEncoder[] {
  const share = Math.floor(MOST_OPEN_BYTES / fields.length / 8) * 8;
  return fields.map((field) => {
    const shape = shapeOf(field);
    const column = {
      shape,
      compression: options.compression,
      hasDictionary: !options.withoutDictionary.has(field.name),
      hasStatistics: shape.hasStatistics && !options.withoutStatistics.has(field.name),
      mostBytes: Math.min(share, MOST_PAGE_BYTES),
      // A group ends after the batch with which it is full.
      chunkBytes: options.rowGroupBytes * 2,
    };
    return new ColumnEncoder(column, assembly);
  });
}

function lostBytes(found: number, expected: number): PermafrostError {
  return new PermafrostError(
    'integrity',
    `the pages of a column chunk have ${expected} bytes, ${found} came out`,
  );
}

function lostRows(found: number, expected: number): PermafrostError {
  return new PermafrostError(
    'integrity',
    `${expected} rows went into the Parquet encoder, ${found} came out`,
  );
}
