import type { Data } from 'apache-arrow';
import { GrowingBuffer } from './growing-buffer.ts';
import { appendBitsOf, bitWidthOf } from './hybrid-runs.ts';
import { appendSized, type Levels } from './levels.ts';
import { elementsOf, lastWithin } from './list-range.ts';
import { isSet, validityOf } from './validity.ts';

export type ListNullability = { readonly list: boolean; readonly element: boolean };

/** Added to a level: it is of an element that is not the first of its row. */
const REPEATED = 4;
const REPEATED_SHIFT = 2;

/**
 * Of lists: one level for each element, and one for a list without. The definition levels are, from 0 on, those of a
 * null list, an empty one, a null element and a value; what is not allowed has none.
 */
export class ListLevels implements Levels {
  readonly #nullable: ListNullability;
  readonly #empty: number;
  readonly #value: number;
  /** One byte for each, the definition level in its two lowest bits. */
  readonly #levels: GrowingBuffer;

  constructor(nullable: ListNullability, mostBytes: number) {
    this.#nullable = nullable;
    this.#levels = new GrowingBuffer(mostBytes);
    this.#empty = nullable.list ? 1 : 0;
    this.#value = this.#empty + (nullable.element ? 2 : 1);
  }

  get count(): number {
    return this.#levels.length;
  }

  allow(data: Data): boolean {
    const { list, element } = this.#nullable;
    return (list || data.nullCount === 0) && (element || elementsOf(data).nullCount === 0);
  }

  /** As if a list that is not empty had one more. */
  rowsWithin({ valueOffsets, length }: Data, from: number, most: number): number {
    const limit = valueOffsets[from]! + from + most;
    return lastWithin(from, length, (row) => valueOffsets[row]! + row <= limit);
  }

  append(data: Data, from: number, to: number): void {
    const offsets: Int32Array = data.valueOffsets;
    const valid = validityOf(data);
    const elements = elementsOf(data);
    const validElements = validityOf(elements);
    const value = this.#value;
    const empty = this.#empty;
    this.#levels.reserve(offsets[to]! - offsets[from]! + to - from);
    const out = this.#levels.bytes;
    let at = this.#levels.length;
    for (let row = from; row < to; row++) {
      const start = offsets[row]!;
      const end = offsets[row + 1]!;
      if (valid !== undefined && !isSet(valid, data.offset + row)) out[at++] = 0;
      else if (start === end) out[at++] = empty;
      else {
        const first = at;
        for (let element = start; element < end; element++) {
          const isNull = validElements !== undefined && !isSet(validElements, elements.offset + element);
          out[at++] = REPEATED + value - (isNull ? 1 : 0);
        }
        out[first]! -= REPEATED;
      }
    }
    this.#levels.length = at;
  }

  writeTo(out: GrowingBuffer): void {
    const width = bitWidthOf(this.#value + 1);
    appendSized(out, () => appendBitsOf(out, this.#levels, REPEATED_SHIFT, 1));
    appendSized(out, () => appendBitsOf(out, this.#levels, 0, width));
  }

  clear(): void {
    this.#levels.clear();
  }

  release(): void {
    this.#levels.release();
  }
}
