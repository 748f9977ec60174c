import type { Data } from 'apache-arrow';
import { PermafrostError } from '../../errors.ts';
import type { DecodedBatch } from './batch-builder.ts';
import type { ColumnEncoder } from './column-encoding.ts';
import { createColumnEncoder, elementOidOf } from './column-encoders.ts';
import { COPY_DATA_HEAD_SIZE, copyData, writeCopyDataHead } from './copy-data.ts';
import { encodeSpecials } from './special-encoding.ts';
import type { WireColumn } from './wire-column.ts';

/** A column to encode: as it was decoded. */
export type EncodedColumn = Pick<WireColumn, 'name' | 'wire' | 'companion'> & {
  /** Type of an array's elements where its wire type leaves it open: 1043 for a varchar[], else text[] is meant. */
  readonly elementOid?: number | undefined;
};

/** The message before the tuples of a COPY … (FORMAT binary): signature, no flags, no extension. */
export const COPY_HEADER: Buffer = copyData('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0');
/** The message behind them. */
export const COPY_TRAILER: Buffer = copyData('\xff\xff');

const TUPLE_HEAD_SIZE = COPY_DATA_HEAD_SIZE + 2;
/** About the size of a piece, and what it may have where its rows grow. */
const PIECE_BYTES = 256 * 1024;
const LARGEST_PIECE = 2 * PIECE_BYTES;
const MOST_RUN_ROWS = 8192;

type ColumnState = {
  readonly column: EncodedColumn;
  readonly elementOid: number;
  readonly encoder: ColumnEncoder;
};

/** Makes an encoder that turns batches back into the tuples they were decoded from. */
export function createCopyEncoder(columns: readonly EncodedColumn[]): CopyEncoder {
  return new CopyEncoder(columns);
}

/**
 * The reverse of CopyDecoder, and like it in two steps over rows that stay in the processor's cache: measure the
 * fields of a run of rows, then write them column by column in tight loops.
 */
export class CopyEncoder {
  readonly #columns: readonly ColumnState[];
  #rows = 0;
  #runRows = MOST_RUN_ROWS;
  readonly #sizes = new Int32Array(MOST_RUN_ROWS);
  readonly #positions = new Int32Array(MOST_RUN_ROWS);
  /** Pieces that were given back. */
  readonly #free: Buffer[] = [];

  constructor(columns: readonly EncodedColumn[]) {
    this.#columns = columns.map((column) => {
      const { wire } = column;
      const elementOid = column.elementOid ?? (wire.kind === 'array' ? elementOidOf(wire.element) : 0);
      return { column, elementOid, encoder: createColumnEncoder(wire, elementOid) };
    });
  }

  /** Rows encoded so far. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * The tuples of a batch as the server would send them, each in a CopyData message: a hash over these is the same where
   * the tuples are. Pieces are of whole messages and of about 256 KiB, unless a single tuple is longer.
   */
  *encode(batch: Pick<DecodedBatch, 'rows' | 'columns'>): Generator<Buffer> {
    this.#bind(batch.columns);
    for (let from = 0; from < batch.rows;) {
      const { rows, bytes } = this.#measure(from, batch.rows - from);
      yield this.#write(from, rows, bytes);
      from += rows;
      this.#rows += rows;
    }
  }

  /** Takes a piece back that nobody looks at any more: the next ones are written into its memory. */
  reuse({ buffer }: Buffer): void {
    if (buffer.byteLength === LARGEST_PIECE) this.#free.push(Buffer.from(buffer));
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
      const sizes = this.#sizes.fill(TUPLE_HEAD_SIZE, 0, rows);
      for (const { encoder } of this.#columns) encoder.measure(from, rows, sizes);
      let bytes = 0;
      for (let index = 0; index < rows; index++) bytes += sizes[index]!;
      const fitting = Math.floor((PIECE_BYTES / bytes) * rows);
      this.#runRows = Math.min(MOST_RUN_ROWS, Math.max(1, fitting));
      if (bytes <= LARGEST_PIECE || rows === 1) return { rows, bytes };
    }
  }

  #write(from: number, rows: number, bytes: number): Buffer {
    const piece = this.#reserve(bytes);
    const view = new DataView(piece.buffer, piece.byteOffset, bytes);
    const positions = this.#positions;
    let at = 0;
    for (let index = 0; index < rows; index++) {
      const size = this.#sizes[index]!;
      writeCopyDataHead(view, at, size - COPY_DATA_HEAD_SIZE);
      view.setInt16(at + COPY_DATA_HEAD_SIZE, this.#columns.length);
      positions[index] = at + TUPLE_HEAD_SIZE;
      at += size;
    }
    const target = { bytes: piece, view, positions };
    for (const { encoder } of this.#columns) encoder.write(from, rows, target);
    if (positions[rows - 1] !== bytes)
      throw new PermafrostError('unexpected', 'a tuple is not as long as measured');
    return piece;
  }

  #reserve(bytes: number): Buffer {
    if (bytes > LARGEST_PIECE) return Buffer.allocUnsafeSlow(bytes);
    const memory = this.#free.pop() ?? Buffer.allocUnsafeSlow(LARGEST_PIECE);
    return memory.subarray(0, bytes);
  }
}

function wrongColumns(): PermafrostError {
  return new PermafrostError('unexpected', 'a batch has other columns than its encoder');
}
