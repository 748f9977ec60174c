import type pg from 'pg';
import { PermafrostError } from '../../errors.ts';
import type { DecodedBatch } from './batch-builder.ts';
import { BLOCK_BYTES } from '../block-socket.ts';
import { requestCancel } from '../cancel-request.ts';
import type { CopyDecoder } from './copy-decoder.ts';
import { CopyMessageSorter } from './copy-messages.ts';

export type CopyReaderOptions = {
  readonly client: pg.Client;
  readonly sql: string;
  readonly decoder: CopyDecoder;
  readonly stallTimeoutMs: number;
  readonly onProgress: ((rows: number, bytes: number) => void) | undefined;
  readonly onDecoded: ((milliseconds: number) => void) | undefined;
};

/**
 * How long an empty socket is left alone. Postgres sends 8 KiB at a time; to take each of them alone costs both sides
 * several times the processor time of taking many at once. Under TLS, where every 8 KiB are a record and an event of
 * their own, to wait after each of them would be all that is ever done.
 */
const GATHER_MS = 1;
/** Small tables are through before it pays to wait. */
const GATHER_FROM_BYTES = 2 ** 18;
/** How long the server may take to cancel before the connection is cut. */
const CANCEL_TIMEOUT_MS = 5_000;

type DataListener = (bytes: Buffer) => void;

/**
 * One COPY … TO STDOUT on a connection of pg: takes the socket over until the COPY ends, and gives it back. While
 * batches wait to be taken the socket is paused, so the server waits too.
 */
export class CopyReader implements pg.Submittable {
  readonly #options: CopyReaderOptions;
  #connection: pg.Connection | undefined;
  #driver: DataListener = () => undefined;
  #sorter: CopyMessageSorter | undefined;
  readonly #batches: DecodedBatch[] = [];
  #bytes = 0;
  #commandRows: number | undefined;
  #error: unknown;
  #stopping: Promise<void> | undefined;
  #ended = false;
  #gathering: NodeJS.Timeout | undefined;
  #stallTimer: NodeJS.Timeout | undefined;
  #changed: () => void = () => undefined;
  readonly #end: Promise<void>;
  #resolveEnd: () => void = () => undefined;

  constructor(options: CopyReaderOptions) {
    this.#options = options;
    this.#end = new Promise((resolve) => {
      this.#resolveEnd = resolve;
    });
  }

  /** Bytes that the server sent. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Rows that the server says it sent; undefined before the end. */
  get commandRows(): number | undefined {
    return this.#commandRows;
  }

  /** The next full batch; undefined when the COPY has ended. Throws what went wrong. */
  async next(): Promise<DecodedBatch | undefined> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      const batch = this.#batches.shift();
      if (batch !== undefined) return batch;
      if (this.#ended) return undefined;
      await this.#wait();
    }
  }

  /** Ends the COPY early: `next` throws the error from then on. */
  fail(error: unknown): void {
    this.#error ??= error;
    this.#changed();
    void this.stop();
  }

  /** Resolves when the connection is free again, or cut because the server did not let go of it; never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#ended ? Promise.resolve() : this.#cancel();
    return this.#stopping;
  }

  /** Called by pg when it is this statement's turn. */
  submit(connection: pg.Connection): Error | undefined {
    if (this.#stopping !== undefined) return new PermafrostError('cancelled', 'stopped before it began');
    const { stream } = connection;
    const [driver, ...others] = stream.listeners('data');
    if (!isDataListener(driver) || others.length > 0)
      return new Error('the connection is read by someone else');
    this.#connection = connection;
    this.#driver = driver;
    this.#sorter = new CopyMessageSorter(
      {
        takeMessages: (chunk, from) =>
          this.#decode(() => this.#options.decoder.pushMessages(chunk, from), from),
        takePayload: (piece, following) => {
          this.#decode(() => this.#collect(this.#options.decoder.push(piece, following)), undefined);
        },
      },
      this.#driver,
    );
    stream.removeListener('data', this.#driver);
    stream.on('block', this.#onBlock);
    stream.on('data', this.#onData);
    connection.query(this.#options.sql);
    return undefined;
  }

  handleError(error: unknown): void {
    this.#error ??= error;
    this.#finish();
  }

  handleCommandComplete(message: { readonly text: string }): void {
    const rows = /^COPY (\d+)$/.exec(message.text)?.[1];
    if (rows !== undefined) this.#commandRows = Number(rows);
  }

  handleReadyForQuery(): void {
    this.#finish();
  }

  /** Only a statement that is no COPY describes rows. */
  handleRowDescription(): void {
    this.#error ??= new PermafrostError('protocol', 'the server answered a COPY with a query result');
  }

  handleDataRow(): void {}

  handleEmptyQuery(): void {}

  /** From a block socket; it is empty for now when a read does not fill the block. */
  readonly #onBlock = (bytes: Buffer): void => this.#take(bytes, bytes.length < BLOCK_BYTES);

  /** From any other. */
  readonly #onData = (bytes: Buffer): void => this.#take(bytes, false);

  #take(chunk: Buffer, isLast: boolean): void {
    this.#stallTimer?.refresh();
    this.#bytes += chunk.length;
    const startedAt = performance.now();
    let rest: Buffer | undefined;
    try {
      rest = this.#sorter?.accept(chunk);
    } catch (error) {
      this.#lose(error);
      return;
    }
    this.#collect(this.#options.decoder.takeBatches());
    this.#options.onDecoded?.(performance.now() - startedAt);
    this.#options.onProgress?.(this.#options.decoder.rows, this.#bytes);
    if (rest !== undefined) this.#giveBack(rest);
    // A COPY that is ending has to end: nobody asks for its batches any more.
    else if (this.#stopping !== undefined) return;
    else if (this.#batches.length > 0) this.#connection?.stream.pause();
    else if (isLast && this.#bytes > GATHER_FROM_BYTES) this.#gather();
  }

  /** Runs a step of the decoder; once one has failed, what is left of the stream is thrown away. */
  #decode<T>(step: () => T, otherwise: T): T {
    if (this.#error !== undefined || this.#stopping !== undefined) return otherwise;
    try {
      return step();
    } catch (error) {
      this.fail(error);
      return otherwise;
    }
  }

  #collect(batches: readonly DecodedBatch[]): void {
    if (batches.length === 0) return;
    this.#batches.push(...batches);
    this.#changed();
  }

  #gather(): void {
    this.#connection?.stream.pause();
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#resume();
    }, GATHER_MS);
  }

  #resume(): void {
    const held = this.#stopping === undefined && this.#batches.length > 0;
    if (!held && this.#gathering === undefined && !this.#ended) this.#connection?.stream.resume();
  }

  async #wait(): Promise<void> {
    const { stallTimeoutMs } = this.#options;
    const changed = new Promise<void>((resolve) => {
      this.#changed = resolve;
    });
    this.#stallTimer = setTimeout(() => {
      const reason = `the server sent nothing for ${stallTimeoutMs / 1000} s in the middle of a COPY`;
      this.#error ??= new PermafrostError('source-unreachable', reason, {
        cure: 'see what the statement waits for in pg_stat_activity; the next attempt connects anew',
      });
      this.#changed();
      this.#connection?.stream.destroy();
    }, stallTimeoutMs);
    this.#resume();
    await changed;
    clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
  }

  async #cancel(): Promise<void> {
    const connection = this.#connection;
    // A statement that still waits for its turn is refused then; nothing of it runs.
    if (connection === undefined) return;
    connection.stream.resume();
    const timer = setTimeout(() => connection.stream.destroy(), CANCEL_TIMEOUT_MS);
    // Also wait for the request itself, or it could hit the next statement of the connection.
    await Promise.all([this.#end, requestCancel(this.#options.client, CANCEL_TIMEOUT_MS)]);
    clearTimeout(timer);
  }

  /** The COPY is over for the server: pg reads on. */
  #giveBack(rest: Buffer): void {
    this.#release();
    try {
      this.#driver(rest);
    } catch (error) {
      this.#lose(error);
    }
  }

  /** Where messages begin is not known any more: the connection is of no use. */
  #lose(error: unknown): void {
    this.#error ??= error instanceof PermafrostError ? error : senseless(error);
    this.#connection?.stream.destroy();
  }

  #release(): void {
    const stream = this.#connection?.stream;
    if (stream === undefined || !stream.listeners('data').includes(this.#onData)) return;
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    stream.removeListener('block', this.#onBlock);
    stream.removeListener('data', this.#onData);
    stream.on('data', this.#driver);
    stream.resume();
  }

  #finish(): void {
    this.#release();
    this.#ended = true;
    this.#changed();
    this.#resolveEnd();
  }
}

/** What pg cannot take apart. */
function senseless(cause: unknown): PermafrostError {
  return new PermafrostError('protocol', 'the server sent a message without sense', { cause });
}

function isDataListener(listener: unknown): listener is DataListener {
  return typeof listener === 'function';
}
