import type { Data } from 'apache-arrow';
import { PermafrostError } from '../../errors.ts';
import { type ColumnDecoder, InvalidText, MalformedField, type TupleRun } from './column-decoding.ts';
import { createColumnDecoder } from './column-decoders.ts';
import { SpecialCells, SpecialValueFound } from './special-value.ts';
import { UnreadableRow } from './unreadable-row.ts';
import type { WireColumn } from './wire-column.ts';

/** Rows of a table as Arrow arrays: one for each column, each followed by its companion if it has one. */
export type DecodedBatch = {
  readonly rows: number;
  /** Bytes that the arrays hold. */
  readonly bytes: number;
  readonly columns: readonly Data[];
  /** What the arrays of a long row are views of. */
  readonly memory?: ArrayBuffer;
};

/** How many cells of a column went to its companion. */
export type SpecialCellCount = { readonly column: string; readonly cells: number };

type ColumnState = {
  readonly column: WireColumn;
  readonly decoder: ColumnDecoder;
  readonly specials: SpecialCells;
};

/**
 * What the arrays of one row may have in all, as they are sent. Their elements are copied several times on the way to a
 * file, within memory of 4 GB; other values are not.
 */
export const LARGEST_ARRAYS = 128 * 2 ** 20;

/** Gathers runs of tuples into batches, column by column. */
export class BatchBuilder {
  readonly #columns: readonly ColumnState[];
  #batchRows = 0;
  #totalRows = 0;

  constructor(columns: readonly WireColumn[]) {
    this.#columns = columns.map((column) => {
      const specials = new SpecialCells();
      return { column, specials, decoder: createColumnDecoder(column.wire, specials) };
    });
  }

  /** Rows since the last `take`. */
  get batchRows(): number {
    return this.#batchRows;
  }

  /** Rows since the start of the table. */
  get totalRows(): number {
    return this.#totalRows;
  }

  append(run: TupleRun): void {
    if (run.lasting) this.#refuseLongArrays(run);
    for (let index = 0; index < this.#columns.length; index++) {
      const { column, decoder } = this.#columns[index]!;
      try {
        decoder.decode(run, index);
      } catch (error) {
        throw this.#fieldError(error, column.name);
      }
    }
    this.#batchRows += run.rows;
    this.#totalRows += run.rows;
  }

  take(): DecodedBatch {
    const rows = this.#batchRows;
    const columns = this.#columns.flatMap((state) => this.#takeColumn(state, rows));
    this.#batchRows = 0;
    return { rows, bytes: columns.reduce((sum, data) => sum + data.byteLength, 0), columns };
  }

  /** Takes a batch back whose arrays nobody looks at any more: their memory is written to again. */
  giveBack({ columns }: DecodedBatch): void {
    let index = 0;
    for (const { column, decoder } of this.#columns) {
      decoder.giveBack(columns[index]!);
      index += column.companion ? 2 : 1;
    }
  }

  /** Gives the memory of batches that came back to the system, when there will be no more rows. */
  release(): void {
    for (const { decoder } of this.#columns) decoder.release();
  }

  /** Throws when a column without a companion met a value that it cannot hold. */
  refuseSpecials(): void {
    const refused = this.#columns.filter(({ column, specials }) => !column.companion && specials.total > 0);
    if (refused.length > 0) throw new SpecialValueFound(refused.map(({ column }) => column.name));
  }

  specialCells(): readonly SpecialCellCount[] {
    return this.#columns
      .filter(({ specials }) => specials.total > 0)
      .map(({ column, specials }) => ({ column: column.name, cells: specials.total }));
  }

  #refuseLongArrays({ view, fields }: TupleRun): void {
    const sizes = this.#columns.map(({ column }, index) =>
      column.wire.kind === 'array' ? Math.max(0, view.getInt32(fields[index]!)) : 0,
    );
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (bytes <= LARGEST_ARRAYS) return;
    const largest = this.#columns[sizes.indexOf(Math.max(...sizes))]?.column.name ?? '';
    throw new UnreadableRow(
      'value-unrepresentable',
      `column "${largest}": a row has arrays of ${Math.ceil(bytes / 2 ** 20)} MB, and more than ${LARGEST_ARRAYS / 2 ** 20} MB are not archived`,
      this.#totalRows,
    );
  }

  #takeColumn({ column, decoder, specials }: ColumnState, rows: number): Data[] {
    try {
      return column.companion ? [decoder.take(), specials.take(rows)] : [decoder.take()];
    } catch (error) {
      throw this.#fieldError(error, column.name);
    }
  }

  #fieldError(error: unknown, column: string): unknown {
    if (error instanceof MalformedField) {
      return malformedStream(this.#totalRows + error.row + 1, `column "${column}": ${error.message}`);
    }
    if (!(error instanceof InvalidText)) return error;
    const rows = `${this.#totalRows - this.#batchRows + 1} to ${this.#totalRows}`;
    return new PermafrostError(
      'value-unrepresentable',
      `column "${column}": text that is not UTF-8 in rows ${rows}`,
      {
        cure: "correct the text in the source, or archive the column's bytes (convert_to(…) or ::bytea)",
      },
    );
  }
}

/** The error for a stream that breaks the protocol at a row, counted from 1. */
export function malformedStream(row: number, reason: string): PermafrostError {
  return new PermafrostError('protocol', `malformed COPY stream at row ${row}: ${reason}`, {
    cure: 'run the table again; if it fails again, look for a proxy between Permafrost and the server',
  });
}
