import { PermafrostError } from '../../errors.ts';
import { freeMemory } from '../../memory.ts';
import { BatchBuilder, type DecodedBatch, malformedStream, type SpecialCellCount } from './batch-builder.ts';
import { fixedSizeOf, leastWireSizeOf } from './column-decoders.ts';
import type { WireColumn } from './wire-column.ts';

export type CopyDecoderOptions = {
  /** About how many bytes of Arrow data a batch holds; at most LARGEST_BATCH_BYTES. */
  readonly batchBytes: number;
  /**
   * Sees each tuple once, in order, as the CopyData message that carries it: 'd', int32 length + 4, the tuple. How the
   * bytes are cut into calls means nothing. It must not keep them.
   */
  readonly onTuples?: ((bytes: Uint8Array) => void) | undefined;
  /** True: tuples are found, counted and shown, but not decoded; batches have no columns. */
  readonly tuplesOnly?: boolean | undefined;
};

export type CopyTotals = {
  /** What was decoded since the last full batch. */
  readonly lastBatch: DecodedBatch | undefined;
  readonly rows: number;
  /** Columns that have special cells, in table order. */
  readonly specialCells: readonly SpecialCellCount[];
};

/** With Postgres' limit of 1 GiB for a row, utf8 offsets then stay below 2^31, even where a uuid grows as text. */
export const LARGEST_BATCH_BYTES = 128 * 2 ** 20;
const MOST_BATCH_ROWS = 2 ** 20;
const LARGEST_TUPLE = 2 ** 30;

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER_SIZE = SIGNATURE.length + 8;
/** Flags that a reader must understand; the only one in use says that each tuple begins with an oid. */
const CRITICAL_FLAGS = 0xffff_0000;
const LARGEST_EXTENSION = 2 ** 20;
const TRAILER = -1;
const COUNT_SIZE = 2;
const LENGTH_SIZE = 4;

const COPY_DATA = 0x64;
const MESSAGE_HEAD_SIZE = 5;
/** Fields located before they are decoded; about what one read from a socket holds. */
const FIELDS_PER_RUN = 16_384;
const SMALLEST_TAIL = 8192;
const KEPT_TAIL = 128 * 2 ** 10;
/** From this size on a tuple is a batch by itself, whose arrays are views of the tail. */
const LONG_TUPLE = 16 * 2 ** 20;

/** What the tail waits for: a tuple's count of fields, the length of a field, the tuple as a whole … */
type Phase = 'signature' | 'extension' | 'tuple' | 'field' | 'whole' | 'end';

/** Makes a decoder for one COPY … (FORMAT binary) of these columns. */
export function createCopyDecoder(columns: readonly WireColumn[], options: CopyDecoderOptions): CopyDecoder {
  return new CopyDecoder(columns, options);
}

/**
 * Decodes in two steps that both run over bytes still in the processor's cache: find where the fields of many tuples
 * stand, then decode them column by column in tight loops. Batches end at the same rows however the stream is cut.
 */
export class CopyDecoder {
  readonly #columnCount: number;
  readonly #batchBytes: number;
  readonly #onTuples: ((bytes: Uint8Array) => void) | undefined;
  readonly #builder: BatchBuilder;
  readonly #fixedSize: number;
  readonly #leastTupleSize: number;
  readonly #fields: Int32Array;
  readonly #rowsPerRun: number;
  /** Measured size of the current batch. */
  #measured = 0;
  #batches: DecodedBatch[] = [];

  /* A header, or a tuple that did not come in one piece, is gathered in the tail until `#needed` bytes are there. */
  #phase: Phase = 'signature';
  #tail: Buffer<ArrayBuffer> = Buffer.alloc(SMALLEST_TAIL);
  #tailLength = 0;
  #needed = HEADER_SIZE;
  #fieldsLeft = 0;
  /** Where the fields known so far end. */
  #tupleEnd = 0;
  #inLongTuple = false;
  /** Bytes that follow the piece in hand and belong to the same message, and so to the same tuple. */
  #following = 0;

  constructor(columns: readonly WireColumn[], options: CopyDecoderOptions) {
    if (!(options.batchBytes > 0 && options.batchBytes <= LARGEST_BATCH_BYTES)) {
      throw new PermafrostError('configuration', `batches of ${options.batchBytes} bytes`, {
        cure: `choose a size between 1 and ${LARGEST_BATCH_BYTES} bytes`,
      });
    }
    this.#columnCount = columns.length;
    this.#batchBytes = options.batchBytes;
    this.#onTuples = options.onTuples;
    this.#builder = new BatchBuilder(options.tuplesOnly === true ? [] : columns);
    this.#fixedSize = sum(columns.map(({ wire }) => fixedSizeOf(wire)));
    this.#leastTupleSize = COUNT_SIZE + sum(columns.map(({ wire }) => LENGTH_SIZE + leastWireSizeOf(wire)));
    this.#fields = new Int32Array(Math.max(FIELDS_PER_RUN, columns.length));
    this.#rowsPerRun = Math.floor(this.#fields.length / Math.max(1, columns.length));
  }

  /** Rows decoded so far. */
  get rows(): number {
    return this.#builder.totalRows;
  }

  /**
   * Decodes a piece of the stream, cut anywhere; gives the batches that became full. Where it is known that `following`
   * more bytes of the same message come after the piece, memory for a long tuple is taken once.
   */
  push(payload: Buffer, following = 0): readonly DecodedBatch[] {
    const view = viewOf(payload);
    this.#following = following;
    let at = 0;
    while (at < payload.length) {
      if (this.#isBetweenTuples()) at = this.#decodeTuples(payload, view, at, 0);
      at = this.#gather(payload, at);
    }
    this.#builder.refuseSpecials();
    return this.takeBatches();
  }

  /**
   * Decodes straight from what the socket gave: whole CopyData messages, each with one tuple, one behind the other
   * from `from` on. Gives where the first byte stands that it left: another message, or one that is not whole, or not
   * a plain tuple. The payload of that message has to be pushed.
   */
  pushMessages(chunk: Buffer, from: number): number {
    if (!this.#isBetweenTuples()) return from;
    const left = this.#decodeTuples(chunk, viewOf(chunk), from, MESSAGE_HEAD_SIZE);
    this.#builder.refuseSpecials();
    return left;
  }

  /** The batches that became full since they were last taken. */
  takeBatches(): readonly DecodedBatch[] {
    const batches = this.#batches;
    this.#batches = [];
    return batches;
  }

  /** Takes a batch back that nobody looks at any more, for its memory. */
  giveBack(batch: DecodedBatch): void {
    // The next long row shall not come on top of this one.
    if (batch.memory === undefined) this.#builder.giveBack(batch);
    else freeMemory(batch.memory);
  }

  /** Gives the memory of batches that came back to the system, when there will be no more rows. */
  release(): void {
    this.#builder.release();
  }

  /** Checks that the stream was whole. */
  finish(): CopyTotals {
    if (this.#phase !== 'end') throw this.#malformed('it ends without a trailer');
    const lastBatch = this.#builder.batchRows > 0 ? this.#builder.take() : undefined;
    return { lastBatch, rows: this.rows, specialCells: this.#builder.specialCells() };
  }

  #isBetweenTuples(): boolean {
    return this.#phase === 'tuple' && this.#tailLength === 0;
  }

  /** Decodes whole tuples from `from` on, each behind a message head of `headSize` bytes; gives where it stopped. */
  #decodeTuples(bytes: Buffer, view: DataView, from: number, headSize: number): number {
    // Without heads, tuples are shown one by one, each with the head it would have had.
    const mostRows = headSize === 0 && this.#onTuples !== undefined ? 1 : this.#rowsPerRun;
    let at = from;
    for (;;) {
      const before = this.#builder.batchRows;
      const end = this.#decodeRun(bytes, view, at, headSize, mostRows);
      if (this.#builder.batchRows === before) return at;
      if (this.#onTuples !== undefined) this.#show(bytes.subarray(at, end), headSize);
      at = end;
      if (this.#measured >= this.#batchBytes || this.#builder.batchRows >= MOST_BATCH_ROWS)
        this.#completeBatch();
    }
  }

  /** Locates the fields of as many whole tuples as there are, up to the end of the batch, and decodes them. */
  #decodeRun(bytes: Buffer, view: DataView, from: number, headSize: number, mostRows: number): number {
    const fields = this.#fields;
    const columnCount = this.#columnCount;
    const batchBytes = this.#batchBytes;
    const lasting = this.#inLongTuple;
    const rowsLeft = Math.min(mostRows, MOST_BATCH_ROWS - this.#builder.batchRows);
    let measured = this.#measured;
    let field = 0;
    let rows = 0;
    let start = from;
    nextTuple: while (rows < rowsLeft && measured < batchBytes) {
      let at = start + headSize;
      if (at + COUNT_SIZE > bytes.length) break;
      let end = bytes.length;
      if (headSize !== 0) {
        end = start + 1 + view.getInt32(start + 1);
        if (bytes[start] !== COPY_DATA || end > bytes.length) break;
      }
      if (view.getInt16(at) !== columnCount) break;
      at += COUNT_SIZE;
      for (const fieldsEnd = (rows + 1) * columnCount; field < fieldsEnd; field++) {
        if (at + LENGTH_SIZE > end) break nextTuple;
        const size = view.getInt32(at);
        fields[field] = at;
        if (size < -1) break nextTuple;
        at += LENGTH_SIZE + (size < 0 ? 0 : size);
      }
      if (at > end || (headSize !== 0 && at !== end)) break;
      if (at - start - headSize >= LONG_TUPLE && !lasting) break;
      measured += this.#measure(at - start - headSize);
      rows++;
      start = at;
    }
    if (rows > 0) this.#builder.append({ bytes, view, fields, stride: columnCount, rows, lasting });
    this.#measured = measured;
    return start;
  }

  /**
   * About the Arrow size of a tuple, from its size on the wire alone. Where NULLs and long values meet in one tuple it
   * is too small by at most the size of the NULLs' slots.
   */
  #measure(wireSize: number): number {
    return this.#fixedSize + Math.max(0, wireSize - this.#leastTupleSize);
  }

  #completeBatch(): void {
    this.#measured = 0;
    const batch = this.#builder.take();
    this.#batches.push(this.#inLongTuple ? { ...batch, memory: this.#tail.buffer } : batch);
  }

  #show(bytes: Buffer, headSize: number): void {
    if (headSize === 0) {
      const head = Buffer.alloc(MESSAGE_HEAD_SIZE);
      head[0] = COPY_DATA;
      head.writeInt32BE(LENGTH_SIZE + bytes.length, 1);
      this.#onTuples?.(head);
    }
    this.#onTuples?.(bytes);
  }

  /** Takes what the tail needs, and goes on to the next phase once that is there; gives where it stopped. */
  #gather(payload: Buffer, from: number): number {
    if (from === payload.length) return from;
    const size = Math.min(this.#needed - this.#tailLength, payload.length - from);
    this.#reserveTail(this.#tailLength + size, this.#tailLength + payload.length - from + this.#following);
    payload.copy(this.#tail, this.#tailLength, from, from + size);
    this.#tailLength += size;
    while (this.#tailLength === this.#needed) this.#advance();
    return from + size;
  }

  /**
   * Doubles, so that a tuple in many pieces is copied a few times only. One that proves long gets all that is known to
   * come: memory that is not yet written to costs nothing.
   */
  #reserveTail(length: number, known: number): void {
    if (length <= this.#tail.length) return;
    const most = Math.max(this.#needed, Math.min(known, LARGEST_TUPLE));
    const enough = most > LONG_TUPLE ? most : Math.min(most, this.#tail.length * 2);
    const grown = Buffer.allocUnsafeSlow(Math.max(length, enough));
    this.#tail.copy(grown, 0, 0, this.#tailLength);
    this.#tail = grown;
  }

  #advance(): void {
    switch (this.#phase) {
      case 'signature':
        this.#checkHeader();
        break;
      case 'extension':
        this.#expectTuple();
        break;
      case 'tuple':
        this.#readCount();
        break;
      case 'field':
        this.#readLength();
        break;
      case 'whole':
        this.#decodeTail();
        break;
      case 'end':
        throw this.#malformed('bytes after the trailer');
    }
  }

  #checkHeader(): void {
    if (!this.#tail.subarray(0, SIGNATURE.length).equals(SIGNATURE))
      throw this.#malformed('no COPY signature');
    if (this.#tail.readUInt32BE(SIGNATURE.length) & CRITICAL_FLAGS)
      throw this.#malformed('unknown header flags');
    const extension = this.#tail.readInt32BE(SIGNATURE.length + 4);
    if (extension < 0 || extension > LARGEST_EXTENSION)
      throw this.#malformed('header extension of wrong length');
    this.#phase = 'extension';
    this.#needed = HEADER_SIZE + extension;
  }

  #expectTuple(): void {
    this.#phase = 'tuple';
    this.#tailLength = 0;
    this.#needed = COUNT_SIZE;
    if (this.#tail.length > KEPT_TAIL) this.#tail = Buffer.alloc(SMALLEST_TAIL);
  }

  #readCount(): void {
    const count = this.#tail.readInt16BE(0);
    if (count === TRAILER) {
      this.#phase = 'end';
      this.#tailLength = 0;
      this.#needed = 1;
    } else if (count === this.#columnCount) {
      this.#fieldsLeft = count;
      this.#tupleEnd = COUNT_SIZE;
      this.#expectField();
    } else throw this.#malformed(`${count} fields instead of ${this.#columnCount}`);
  }

  #expectField(): void {
    this.#phase = this.#fieldsLeft > 0 ? 'field' : 'whole';
    this.#needed = this.#tupleEnd + (this.#fieldsLeft > 0 ? LENGTH_SIZE : 0);
  }

  #readLength(): void {
    const size = this.#tail.readInt32BE(this.#tupleEnd);
    if (size < -1) throw this.#malformed(`a field of ${size} bytes`);
    this.#tupleEnd += LENGTH_SIZE + Math.max(0, size);
    if (this.#tupleEnd > LARGEST_TUPLE) throw this.#malformed('it is longer than 1 GiB');
    this.#fieldsLeft--;
    this.#expectField();
  }

  #decodeTail(): void {
    const tuple = this.#tail.subarray(0, this.#tailLength);
    if (tuple.length < LONG_TUPLE) this.#decodeTuples(tuple, viewOf(tuple), 0, 0);
    else this.#decodeLongTuple(tuple);
    this.#expectTuple();
  }

  #decodeLongTuple(tuple: Buffer): void {
    if (this.#builder.batchRows > 0) this.#completeBatch();
    this.#inLongTuple = true;
    this.#decodeTuples(tuple, viewOf(tuple), 0, 0);
    if (this.#builder.batchRows > 0) this.#completeBatch();
    this.#inLongTuple = false;
  }

  #malformed(reason: string): PermafrostError {
    return malformedStream(this.rows + 1, reason);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
