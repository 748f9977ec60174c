import { type Data, makeData, Utf8 } from 'apache-arrow';
import { PermafrostError } from '../../errors.ts';

/**
 * A value came that its Arrow type cannot hold (infinity, NaN, an array of other bounds), in a column without a
 * companion. The same table, read again with companions for `columns`, keeps it.
 */
export class SpecialValueFound extends PermafrostError {
  readonly columns: readonly string[];

  constructor(columns: readonly string[]) {
    super('value-unrepresentable', `values without a place in the column's type: ${columns.join(', ')}`, {
      cure: 'let the table keep such values in a companion column, or correct them in the source',
    });
    this.columns = columns;
  }
}

/** The cells of one column that its Arrow type cannot hold, with Postgres' own text. */
export class SpecialCells {
  #rows: number[] = [];
  #texts: Buffer[] = [];
  #total = 0;

  /** Cells since the start of the table. */
  get total(): number {
    return this.#total;
  }

  /** Rows count from the start of the batch and never go back. */
  add(row: number, text: string): void {
    this.#rows.push(row);
    this.#texts.push(Buffer.from(text));
    this.#total++;
  }

  /** The companion column of a batch: null but for the special cells; starts anew. */
  take(rows: number): Data<Utf8> {
    const valueOffsets = new Int32Array(rows + 1);
    const nullBitmap = new Uint8Array((rows + 7) >> 3);
    let used = 0;
    this.#rows.forEach((row, index) => {
      nullBitmap[row >> 3]! |= 1 << (row & 7);
      used += this.#texts[index]!.length;
      valueOffsets.fill(used, row + 1, (this.#rows[index + 1] ?? rows) + 1);
    });
    const data = new Uint8Array(Buffer.concat(this.#texts));
    const nullCount = rows - this.#rows.length;
    this.#rows = [];
    this.#texts = [];
    return makeData({ type: new Utf8(), length: rows, nullCount, nullBitmap, valueOffsets, data });
  }
}
