import type { RecordBatch, Schema } from 'apache-arrow';
import type * as ParquetWasm from 'parquet-wasm';
import { PermafrostError } from '../errors.ts';
import { IpcEncoder } from './arrow-ipc.ts';
import { checkSchema, type EncoderRun, type RunOptions } from './encoder-run.ts';
import { footerIn, rowsOf } from './footer-parts.ts';
import { wasmProperties } from './wasm-properties.ts';

/** Writes a file by WebAssembly, which takes every type. */
export class WasmRun implements EncoderRun {
  readonly #wasm: typeof ParquetWasm;
  readonly #schema: Schema;
  readonly #ipc: IpcEncoder;
  readonly #sink: (bytes: Uint8Array) => Promise<void>;
  readonly #input = new TransformStream<ParquetWasm.RecordBatch, ParquetWasm.RecordBatch>();
  readonly #batches = this.#input.writable.getWriter();
  readonly #output: Promise<void>;
  #failure: { readonly error: unknown } | undefined;
  #rows = 0;
  /** The newest piece; the last one has the whole footer. */
  #end = new Uint8Array();

  /** Loads the encoder: most threads never need it, and it takes 18 MB in each. */
  static async start(
    schema: Schema,
    options: RunOptions,
    sink: (bytes: Uint8Array) => Promise<void>,
  ): Promise<WasmRun> {
    return new WasmRun(await import('parquet-wasm'), schema, options, sink);
  }

  private constructor(
    wasm: typeof ParquetWasm,
    schema: Schema,
    options: RunOptions,
    sink: (bytes: Uint8Array) => Promise<void>,
  ) {
    this.#wasm = wasm;
    this.#schema = schema;
    this.#ipc = new IpcEncoder(schema);
    this.#sink = sink;
    // A failure reaches the caller through #failure, never through this promise.
    this.#batches.closed.catch(() => undefined);
    this.#output = this.#run(options);
  }

  async write(batch: RecordBatch): Promise<void> {
    this.#throwFailure();
    try {
      await this.#batches.write(this.#copyToEncoder(batch));
    } catch (error) {
      this.#fail(error);
    }
    this.#throwFailure();
    this.#rows += batch.numRows;
  }

  async finish(): Promise<Uint8Array> {
    try {
      await this.#batches.close();
    } catch (error) {
      this.#fail(error);
    }
    await this.#output;
    this.#throwFailure();
    this.#checkRowCount();
    return this.#end;
  }

  async abort(reason: unknown): Promise<void> {
    this.#fail(reason);
    await this.#output;
  }

  /** The copy in wasm memory belongs to the encoder once it has taken it. */
  #copyToEncoder(batch: RecordBatch): ParquetWasm.RecordBatch {
    checkSchema(batch, this.#schema);
    const table = this.#readIpc(this.#ipc.encode(batch));
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
  async #run(options: RunOptions): Promise<void> {
    try {
      const output: ReadableStream<Uint8Array<ArrayBuffer>> = await this.#wasm.transformParquetStream(
        this.#input.readable,
        wasmProperties(this.#wasm, this.#schema, options),
      );
      for await (const piece of output) {
        if (this.#failure !== undefined) return;
        const before = this.#end;
        this.#end = piece;
        if (before.length > 0) await this.#sink(before);
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
    const encoded = rowsOf(footerIn(this.#end));
    if (encoded !== this.#rows) {
      throw new PermafrostError(
        'integrity',
        `${this.#rows} rows went into the Parquet encoder, ${encoded} came out`,
      );
    }
  }

  #readIpc(ipc: Uint8Array): ParquetWasm.Table {
    try {
      return this.#wasm.Table.fromIPCStream(ipc);
    } catch (error) {
      throw new PermafrostError('integrity', 'the Parquet encoder refuses a batch that breaks its schema', {
        cause: error,
      });
    }
  }
}
