import type { Data } from 'apache-arrow';
import { PermafrostError } from '../../errors.ts';

/**
 * Where the fields of a run of rows are written: `positions[i]` is where the next field of the run's row `i` begins,
 * and moves behind the field once it is written.
 */
export type FieldTarget = { readonly bytes: Buffer; readonly view: DataView; readonly positions: Int32Array };

/** Special values of a column by row: the bytes of the field without its length word. */
export type SpecialFields = ReadonlyMap<number, Buffer>;

export const LENGTH_SIZE = 4;
const NULL_LENGTH = -1;
const NO_SPECIALS: SpecialFields = new Map();

/** Encodes one column as fields of tuples: a length word and the bytes, as the type's send function writes them. */
export abstract class ColumnEncoder {
  #validity: Uint8Array | undefined;
  #specials: SpecialFields = NO_SPECIALS;

  /** Goes on with the column of the next batch; `specials` stand in its null cells. */
  bind(column: Data, specials: SpecialFields = NO_SPECIALS): void {
    if (column.offset !== 0)
      throw new PermafrostError('unexpected', 'a sliced Arrow array cannot be encoded');
    this.#validity = column.nullCount > 0 ? column.nullBitmap : undefined;
    this.#specials = specials;
    this.load(column);
  }

  /** Takes the buffers that the type has. */
  protected abstract load(column: Data): void;

  /** Adds the size of each field of rows `from` to `from + count` to `sizes`, which begins with row `from`. */
  abstract measure(from: number, count: number, sizes: Int32Array): void;

  /** Writes the fields of the rows that were measured last. */
  abstract write(from: number, count: number, target: FieldTarget): void;

  isPresent(row: number): boolean {
    const bits = this.#validity;
    return bits === undefined || ((bits[row >> 3]! >> (row & 7)) & 1) === 1;
  }

  /** Size of the field of a null cell: nothing, or a special value. */
  protected absentSize(row: number): number {
    return LENGTH_SIZE + (this.#specials.get(row)?.length ?? 0);
  }

  /** Writes the field of a null cell; gives where it ends. */
  protected writeAbsent(row: number, { bytes, view }: FieldTarget, at: number): number {
    const special = this.#specials.get(row);
    view.setInt32(at, special?.length ?? NULL_LENGTH);
    if (special !== undefined) bytes.set(special, at + LENGTH_SIZE);
    return at + LENGTH_SIZE + (special?.length ?? 0);
  }
}

/** The buffer of a fixed-width array, seen through another array type. */
export function int32Of({ values }: Data): Int32Array {
  const array: ArrayBufferView = values;
  return new Int32Array(array.buffer, array.byteOffset, array.byteLength >> 2);
}

export function int64Of({ values }: Data): BigInt64Array {
  const array: ArrayBufferView = values;
  return new BigInt64Array(array.buffer, array.byteOffset, array.byteLength >> 3);
}

export function bytesOf({ values }: Data): Buffer {
  const array: ArrayBufferView = values;
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
