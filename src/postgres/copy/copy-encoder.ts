import type { Data } from 'apache-arrow';
import { PermafrostError } from '../../errors.ts';
import type { DecodedBatch } from './batch-builder.ts';
import type { ColumnEncoder } from './column-encoding.ts';
import { createColumnEncoder, elementOidOf } from './column-encoders.ts';
import { encodeSpecials } from './special-encoding.ts';
import type { WireColumn } from './wire-column.ts';

/** A column to encode: as it was decoded. */
export type EncodedColumn = Pick<WireColumn, 'name' | 'wire' | 'companion'> & {
  /** Type of an array's elements where its wire type leaves it open: 1043 for a varchar[], else text[] is meant. */
  readonly elementOid?: number | undefined;
};

export type CopyEncoderOptions = {
  /** As CopyDecoderOptions.onTuples: a hash over both is the same where the tuples are. */
  readonly onTuples?: ((bytes: Uint8Array) => void) | undefined;
};

/** What stands before the tuples of a COPY … (FORMAT binary): signature, no flags, no extension. */
export const COPY_HEADER: Buffer = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
/** What stands behind them. */
export const COPY_TRAILER: Buffer = Buffer.from([0xff, 0xff]);

const COUNT_SIZE = 2;
const COPY_DATA = 0x64;
const MESSAGE_HEAD_SIZE = 5;
const LENGTH_SIZE = 4;
/** About the size of a piece. */
const PIECE_BYTES = 256 * 1024;
const MOST_RUN_ROWS = 8192;

type ColumnState = {
  readonly column: EncodedColumn;
  readonly elementOid: number;
  readonly encoder: ColumnEncoder;
};

/** Makes an encoder that turns batches back into the tuples they were decoded from. */
export function createCopyEncoder(
  columns: readonly EncodedColumn[],
  options: CopyEncoderOptions = {},
): CopyEncoder {
  return new CopyEncoder(columns, options);
}

/**
 * The reverse of CopyDecoder, and like it in two steps over rows that stay in the processor's cache: measure the
 * fields of a run of rows, then write them column by column in tight loops.
 */
export class CopyEncoder {
  readonly #columns: readonly ColumnState[];
  readonly #onTuples: ((bytes: Uint8Array) => void) | undefined;
  #rows = 0;
  #runRows = MOST_RUN_ROWS;
  readonly #sizes = new Int32Array(MOST_RUN_ROWS);
  readonly #positions = new Int32Array(MOST_RUN_ROWS);
  #messages: Buffer = Buffer.alloc(0);

  constructor(columns: readonly EncodedColumn[], options: CopyEncoderOptions) {
    this.#columns = columns.map((column) => {
      const { wire } = column;
      const elementOid = column.elementOid ?? (wire.kind === 'array' ? elementOidOf(wire.element) : 0);
      return { column, elementOid, encoder: createColumnEncoder(wire, elementOid) };
    });
    this.#onTuples = options.onTuples;
  }

  /** Rows encoded so far. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * The tuples of a batch, in pieces of whole tuples; the caller may keep them. Each piece is about 256 KiB, unless a
   * single tuple is longer. Header and trailer are not among them.
   */
  *encode(batch: Pick<DecodedBatch, 'rows' | 'columns'>): Generator<Buffer> {
    this.#bind(batch.columns);
    for (let from = 0; from < batch.rows;) {
      const { rows, bytes } = this.#measure(from, batch.rows - from);
      const piece = this.#write(from, rows, bytes);
      this.#show(piece, rows);
      yield piece;
      from += rows;
      this.#rows += rows;
    }
  }

  #bind(arrays: readonly Data[]): void {
    let next = 0;
    for (const { column, elementOid, encoder } of this.#columns) {
      const array = arrays[next++];
      const companion = column.companion ? arrays[next++] : undefined;
      if (array === undefined || (column.companion && companion === undefined)) throw wrongColumns();
      encoder.bind(array, companion && encodeSpecials(companion, column.wire, elementOid));
    }
    if (next !== arrays.length) throw wrongColumns();
  }

  /** Sizes of as many rows as make a piece; what it guessed too high it measures again. */
  #measure(from: number, rowsLeft: number): { rows: number; bytes: number } {
    for (;;) {
      const rows = Math.min(this.#runRows, rowsLeft);
      const sizes = this.#sizes.fill(COUNT_SIZE, 0, rows);
      for (const { encoder } of this.#columns) encoder.measure(from, rows, sizes);
      let bytes = 0;
      for (let index = 0; index < rows; index++) bytes += sizes[index]!;
      const fitting = Math.floor((PIECE_BYTES / bytes) * rows);
      this.#runRows = Math.min(MOST_RUN_ROWS, Math.max(1, fitting));
      if (bytes <= 2 * PIECE_BYTES || rows === 1) return { rows, bytes };
    }
  }

  #write(from: number, rows: number, bytes: number): Buffer {
    const piece = Buffer.allocUnsafeSlow(bytes);
    const view = new DataView(piece.buffer, piece.byteOffset, bytes);
    const positions = this.#positions;
    let at = 0;
    for (let index = 0; index < rows; index++) {
      view.setInt16(at, this.#columns.length);
      positions[index] = at + COUNT_SIZE;
      at += this.#sizes[index]!;
    }
    const target = { bytes: piece, view, positions };
    for (const { encoder } of this.#columns) encoder.write(from, rows, target);
    if (positions[rows - 1] !== bytes)
      throw new PermafrostError('unexpected', 'a tuple is not as long as measured');
    return piece;
  }

  /** Puts the head of its message before each tuple, as the server does. */
  #show(piece: Buffer, rows: number): void {
    if (this.#onTuples === undefined) return;
    if (rows === 1) {
      this.#onTuples(messageHead(piece.length));
      this.#onTuples(piece);
      return;
    }
    const bytes = piece.length + rows * MESSAGE_HEAD_SIZE;
    if (this.#messages.length < bytes) this.#messages = Buffer.allocUnsafeSlow(bytes);
    const messages = this.#messages;
    let from = 0;
    let to = 0;
    for (let index = 0; index < rows; index++) {
      const size = this.#sizes[index]!;
      messages[to] = COPY_DATA;
      messages.writeInt32BE(LENGTH_SIZE + size, to + 1);
      piece.copy(messages, to + MESSAGE_HEAD_SIZE, from, from + size);
      from += size;
      to += MESSAGE_HEAD_SIZE + size;
    }
    this.#onTuples(messages.subarray(0, bytes));
  }
}

function messageHead(size: number): Buffer {
  const head = Buffer.alloc(MESSAGE_HEAD_SIZE);
  head[0] = COPY_DATA;
  head.writeInt32BE(LENGTH_SIZE + size, 1);
  return head;
}

function wrongColumns(): PermafrostError {
  return new PermafrostError('unexpected', 'a batch has other columns than its encoder');
}
