import { DataType, makeData, RecordBatch, Struct, util } from 'apache-arrow';
import type { Data, Schema } from 'apache-arrow';
import { parquetMetadata } from 'hyparquet';
import {
  Compression,
  EnabledStatistics,
  Table,
  transformParquetStream,
  WriterPropertiesBuilder,
} from 'parquet-wasm';
import type { RecordBatch as WasmBatch, WriterProperties } from 'parquet-wasm';
import { PermafrostError } from '../errors.ts';
import { IpcEncoder } from './arrow-ipc.ts';
import { columnsWithoutDictionary } from './dictionary-choice.ts';

export type ParquetWriterOptions = {
  /** Zstandard is the encoder's only level, 1. */
  readonly compression: 'zstd' | 'snappy' | 'uncompressed';
  /** A row group ends when its encoded columns have about this size. The encoder's memory is several times that. */
  readonly rowGroupBytes: number;
  /** Names of columns whose smallest and largest value may not stand in the file's footer. */
  readonly withoutStatistics: readonly string[];
};

/** Measured over 2 GB of Arrow: 250 to 280 MB resident for the whole process, 40 to 60 MB of them the encoder's. */
export const defaultParquetOptions: ParquetWriterOptions = {
  compression: 'zstd',
  rowGroupBytes: 8 * 1024 * 1024,
  withoutStatistics: [],
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

/**
 * Writes Arrow batches as one Parquet file, a row group at a time. Field metadata `PARQUET:field_id` become field ids.
 *
 * Encoding is synchronous WebAssembly work of tens of milliseconds: use it in a worker thread. A trap in there (out of
 * its 4 GB) ends the thread. What the sink throws is what `write` or `finish` throws.
 */
export function createParquetWriter(
  schema: Schema,
  options: ParquetWriterOptions,
  sink: (bytes: Uint8Array) => Promise<void>,
): ParquetWriter {
  return new StreamingWriter(schema, options, sink);
}

class StreamingWriter implements ParquetWriter {
  readonly #schema: Schema;
  readonly #options: ParquetWriterOptions;
  readonly #sink: (bytes: Uint8Array) => Promise<void>;
  readonly #ipc: IpcEncoder;
  readonly #input = new TransformStream<WasmBatch, WasmBatch>();
  readonly #batches = this.#input.writable.getWriter();
  #output: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #rows = 0;
  /** The encoder's last chunk, which has the whole footer; others are not held longer than the sink needs them. */
  #end = new Uint8Array();

  constructor(schema: Schema, options: ParquetWriterOptions, sink: (bytes: Uint8Array) => Promise<void>) {
    this.#schema = schema;
    this.#options = options;
    this.#sink = sink;
    this.#ipc = new IpcEncoder(schema);
    // A failure reaches the caller through #failure, never through this promise.
    this.#batches.closed.catch(() => undefined);
  }

  async write(batch: RecordBatch): Promise<void> {
    this.#throwFailure();
    try {
      const copy = this.#copyToEncoder(batch);
      this.#output ??= this.#run(batch);
      await this.#batches.write(copy);
    } catch (error) {
      this.#fail(error);
    }
    this.#throwFailure();
    this.#rows += batch.numRows;
  }

  async finish(): Promise<void> {
    // The encoder learns the schema from a batch, so that a table without rows needs one without rows.
    if (this.#output === undefined) await this.write(emptyBatch(this.#schema));
    try {
      await this.#batches.close();
    } catch (error) {
      this.#fail(error);
    }
    await this.#output;
    this.#throwFailure();
    this.#checkRowCount();
  }

  async abort(): Promise<void> {
    this.#fail(new PermafrostError('cancelled', 'the Parquet file was given up'));
    await this.#output;
  }

  /** The copy in wasm memory belongs to the encoder once it has taken it. */
  #copyToEncoder(batch: RecordBatch): WasmBatch {
    if (!util.compareSchemas(batch.schema, this.#schema) || String(batch.schema) !== String(this.#schema)) {
      throw new PermafrostError('unexpected', 'a batch has another schema than the Parquet file it is for');
    }
    const table = readIpc(this.#ipc.encode(batch));
    try {
      const copy = table.recordBatch(0);
      if (copy === undefined)
        throw new PermafrostError('unexpected', 'a batch did not reach the Parquet encoder');
      return copy;
    } finally {
      table.free();
    }
  }

  /** Never rejects: every error is kept for the caller. */
  async #run(first: RecordBatch): Promise<void> {
    try {
      const properties = encoderProperties(this.#options, first);
      const output: ReadableStream<Uint8Array<ArrayBuffer>> = await transformParquetStream(
        this.#input.readable,
        properties,
      );
      for await (const chunk of output) {
        if (this.#failure !== undefined) return;
        if (endsWithMagic(chunk)) this.#end = chunk;
        await this.#sink(chunk);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Keeps the first error and ends the encoder's input, without which it would wait for ever. */
  #fail(reason: unknown): void {
    this.#failure ??= { error: reason };
    this.#batches.abort(reason).catch(() => undefined);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** The encoder drops a batch that it cannot encode, and says nothing. */
  #checkRowCount(): void {
    const encoded = parquetMetadata(this.#end).num_rows;
    if (encoded !== BigInt(this.#rows)) {
      throw new PermafrostError(
        'integrity',
        `${this.#rows} rows went into the Parquet encoder, ${encoded} came out`,
      );
    }
  }
}

function endsWithMagic(chunk: Uint8Array): boolean {
  return Buffer.from(chunk.subarray(-4)).toString('latin1') === 'PAR1';
}

function readIpc(ipc: Uint8Array): Table {
  try {
    return Table.fromIPCStream(ipc);
  } catch (error) {
    throw new PermafrostError('integrity', 'the Parquet encoder refuses a batch that breaks its schema', {
      cause: error,
    });
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

const compressions = {
  zstd: Compression.ZSTD,
  snappy: Compression.SNAPPY,
  uncompressed: Compression.UNCOMPRESSED,
} as const;

function encoderProperties(options: ParquetWriterOptions, first: RecordBatch): WriterProperties {
  // None by default: statistics of list elements serve nobody, and elements cannot be named here.
  let builder = new WriterPropertiesBuilder()
    .setCompression(compressions[options.compression])
    .setMaxRowGroupBytes(options.rowGroupBytes)
    .setStatisticsEnabled(EnabledStatistics.None);
  for (const { name } of first.schema.fields) {
    if (options.withoutStatistics.includes(name)) continue;
    builder = builder.setColumnStatisticsEnabled(name, EnabledStatistics.Chunk);
  }
  for (const name of columnsWithoutDictionary(first))
    builder = builder.setColumnDictionaryEnabled(name, false);
  return builder.build();
}
