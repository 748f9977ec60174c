import { AsyncByteQueue, RecordBatchStreamWriter } from 'apache-arrow';
import type { RecordBatch, Schema } from 'apache-arrow';

/**
 * Turns batches into Arrow IPC streams of one batch each, in memory that is used again: arrow-js' own sink collects
 * pieces and joins them into fresh memory for every batch, which takes twice as long.
 */
export class IpcEncoder {
  readonly #schema: Schema;
  readonly #sink = new ScratchSink();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** The bytes are valid until the next call. */
  encode(batch: RecordBatch): Uint8Array {
    const writer = new RecordBatchStreamWriter({ autoDestroy: false });
    // The batch's own schema may have lost the field ids: arrow-js compares schemas without their metadata.
    writer.reset(this.#sink, this.#schema);
    writer.write(batch);
    writer.finish();
    return this.#sink.take();
  }
}

class ScratchSink extends AsyncByteQueue {
  #scratch = new Uint8Array(64 * 1024);
  #length = 0;

  override write(piece: Uint8Array): void {
    const end = this.#length + piece.byteLength;
    if (end > this.#scratch.byteLength) {
      const grown = new Uint8Array(Math.max(end, this.#scratch.byteLength * 2));
      grown.set(this.#scratch.subarray(0, this.#length));
      this.#scratch = grown;
    }
    this.#scratch.set(piece, this.#length);
    this.#length = end;
  }

  take(): Uint8Array {
    const taken = this.#scratch.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }
}
