import { DataType, makeData, RecordBatch, Struct } from 'apache-arrow';
import type { Data, Schema } from 'apache-arrow';
import { PermafrostError } from '../errors.ts';
import { columnsWithoutDictionary } from './dictionary-choice.ts';
import type { EncoderRun, RunOptions } from './encoder-run.ts';
import { JoinedFooter, splitEnd } from './joined-footer.ts';
import { type LongRow, splitLongRow } from './long-row.ts';
import { writeLongRowGroup } from './long-row-group.ts';
import { canMakePages } from './pages/file-schema.ts';
import { PageRun } from './pages/page-run.ts';
import { WasmRun } from './wasm-run.ts';

export type ParquetWriterOptions = {
  /** Zstandard is of level 1, or 3 for columns that get a tenth smaller by it. Of long rows, whatever is compressed at all is in Zstandard. */
  readonly compression: 'zstd' | 'snappy' | 'uncompressed';
  /** A row group ends when its encoded columns have about this size. The encoder's memory is several times that. */
  readonly rowGroupBytes: number;
  /** Names of columns whose smallest and largest value may not stand in the file's footer. */
  readonly withoutStatistics: readonly string[];
  /** `pages`: this program makes the pages itself where it can, which is the faster way (decision 0009). */
  readonly encoder: 'pages' | 'wasm';
};

/** Two streams of lineitem take 310 MB in the whole process, of 300 columns 400 MB. */
export const defaultParquetOptions: ParquetWriterOptions = {
  compression: 'zstd',
  rowGroupBytes: 8 * 1024 * 1024,
  withoutStatistics: [],
  encoder: 'pages',
};

/** One Parquet file in the making. Exactly one of `finish` and `abort` ends it. Calls do not overlap. */
export interface ParquetWriter {
  /** Takes a batch with the writer's schema; resolves when the next may come. The batch may be used again then. */
  write(batch: RecordBatch): Promise<void>;
  /** Resolves when the sink has taken the last byte, and the file's own count is the count of rows written. */
  finish(): Promise<void>;
  /** Stops. What the sink has got by then is no file. Never throws. */
  abort(): Promise<void>;
}

/** When it resolves, the memory of the bytes is used again. */
type Sink = (bytes: Uint8Array) => Promise<void>;

const MAGIC = Buffer.from('PAR1');

/**
 * Writes Arrow batches as one Parquet file, a row group at a time. Field metadata `PARQUET:field_id` become field ids.
 * A batch of one row, whose texts and binaries fill a row group alone, becomes a row group that is made outside of the
 * encoder, which would need nine times the memory (decision 0008): such a row takes, compressed, its size once more.
 *
 * Encoding is synchronous work of tens of milliseconds: use it in a worker thread. A trap of WebAssembly, which encodes
 * lists of lists (out of its 4 GB), ends the thread. What the sink throws is what `write` or `finish` throws.
 */
export function createParquetWriter(
  schema: Schema,
  options: ParquetWriterOptions,
  sink: Sink,
): ParquetWriter {
  return new JoiningWriter(schema, options, sink);
}

/** Joins the files that runs of the encoder make, and the row groups of long rows between them. */
class JoiningWriter implements ParquetWriter {
  readonly #schema: Schema;
  readonly #options: ParquetWriterOptions;
  readonly #sink: Sink;
  readonly #footer = new JoinedFooter();
  #run: EncoderRun | undefined;
  #failure: { readonly error: unknown } | undefined;
  /** Bytes of the file so far. */
  #position = 0;
  /** Where the file of the run would begin, if its magic number had not been left out. */
  #runStart = 0;
  /** How much of the run's next piece is left out. */
  #leftOut = 0;

  constructor(schema: Schema, options: ParquetWriterOptions, sink: Sink) {
    this.#schema = schema;
    this.#options = options;
    this.#sink = sink;
  }

  write(batch: RecordBatch): Promise<void> {
    return this.#unlessFailed(async () => {
      const long = splitLongRow(batch, this.#options.rowGroupBytes);
      if (long === undefined) await this.#write(batch);
      else await this.#writeLongRow(long);
    });
  }

  finish(): Promise<void> {
    return this.#unlessFailed(async () => {
      // The encoder learns the schema from a batch, so that a table without rows needs one without rows.
      if (this.#run === undefined && this.#footer.isEmpty) await this.#write(emptyBatch(this.#schema));
      const end = await this.#run?.finish();
      if (end !== undefined && this.#footer.isEmpty) {
        await this.#put(end);
        return;
      }
      if (end !== undefined) await this.#join(end);
      await this.#put(this.#footer.encode());
    });
  }

  async abort(): Promise<void> {
    const reason = new PermafrostError('cancelled', 'the Parquet file was given up');
    this.#failure ??= { error: reason };
    await this.#run?.abort(reason);
  }

  async #unlessFailed(step: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      await step();
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }

  async #write(batch: RecordBatch): Promise<void> {
    this.#run ??= await this.#startRun(batch);
    await this.#run.write(batch);
  }

  #startRun(first: RecordBatch): Promise<EncoderRun> {
    this.#leftOut = this.#position === 0 ? 0 : MAGIC.length;
    this.#runStart = this.#position - this.#leftOut;
    const { compression, rowGroupBytes } = this.#options;
    const withoutDictionary = new Set(columnsWithoutDictionary(first, rowGroupBytes));
    return this.#newRun({ compression, withoutDictionary }, (bytes) => this.#putOfRun(bytes));
  }

  async #newRun(
    choice: Pick<RunOptions, 'compression' | 'withoutDictionary'>,
    sink: Sink,
  ): Promise<EncoderRun> {
    const { rowGroupBytes, encoder } = this.#options;
    const { compression, withoutDictionary } = choice;
    const withoutStatistics = new Set(this.#options.withoutStatistics);
    const common = { rowGroupBytes, withoutStatistics, withoutDictionary };
    if (encoder === 'pages' && compression !== 'snappy' && canMakePages(this.#schema))
      return new PageRun(this.#schema, { ...common, compression }, sink);
    return WasmRun.start(this.#schema, { ...common, compression }, sink);
  }

  async #writeLongRow({ row, cells }: LongRow): Promise<void> {
    const end = await this.#run?.finish();
    if (end !== undefined) await this.#join(end);
    if (this.#position === 0) await this.#put(MAGIC);
    const file = await this.#encodeAlone(row);
    const start = this.#position;
    const isCompressed = this.#options.compression !== 'uncompressed';
    this.#footer.add(await writeLongRowGroup(file, cells, isCompressed, (bytes) => this.#put(bytes)), start);
  }

  /** Its pages are replaced afterwards: it is written as plainly as can be. */
  async #encodeAlone(row: RecordBatch): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    const withoutDictionary = new Set(this.#schema.fields.map(({ name }) => name));
    const run = await this.#newRun({ compression: 'uncompressed', withoutDictionary }, async (bytes) => {
      pieces.push(Buffer.from(bytes));
    });
    await run.write(row);
    pieces.push(await run.finish());
    return Buffer.concat(pieces);
  }

  /** Ends the file of a run where its pages end; its row groups go to the common footer. */
  async #join(end: Uint8Array): Promise<void> {
    const { pages, footer } = splitEnd(end);
    await this.#putOfRun(pages);
    this.#footer.add(footer, this.#runStart);
    this.#run = undefined;
  }

  async #putOfRun(bytes: Uint8Array): Promise<void> {
    const kept = bytes.subarray(this.#leftOut);
    this.#leftOut = 0;
    if (kept.length > 0) await this.#put(kept);
  }

  async #put(bytes: Uint8Array): Promise<void> {
    this.#position += bytes.length;
    await this.#sink(bytes);
  }
}

function emptyBatch(schema: Schema): RecordBatch {
  const children = schema.fields.map((field) => emptyColumn(field.type));
  const data = makeData({ type: new Struct(schema.fields), length: 0, nullCount: 0, children });
  return new RecordBatch(schema, data);
}

function emptyColumn(type: DataType): Data {
  const none = { length: 0, nullCount: 0 };
  if (!DataType.isList(type)) return makeData({ ...none, type });
  return makeData({ ...none, type, valueOffsets: new Int32Array(1), child: emptyColumn(type.valueType) });
}
