import { type Data, Field, List, makeData } from 'apache-arrow';
import { NullBitmap, ValueBuffer } from './column-buffer.ts';
import { type ColumnDecoder, MalformedField, type TupleRun } from './column-decoding.ts';
import type { SpecialCells } from './special-value.ts';

/*
 * An array on the wire: int32 number of dimensions, int32 "has nulls", element type; for each dimension its length
 * and lower bound; then the elements, each as a length and its bytes, as the fields of a tuple are.
 */
const HEADER_SIZE = 12;
const DIMENSION_SIZE = 8;
/** From the length of the field to the word "has nulls". */
const NULLS_AT = 8;
const MOST_DIMENSIONS = 6;

/** Postgres' text of the element that stands in the view; undefined when it has the wrong size. */
export type ElementText = (bytes: Buffer, view: DataView, from: number, size: number) => string | undefined;

/**
 * One-dimensional arrays that begin at 1 become lists; all others are special cells.
 *
 * Postgres sends "has nulls" for every array that has room for nulls, also where an element that was one has been
 * replaced since. Two equal arrays so differ by that word, and what comes back from the lake has no way to know it. The
 * word is set right in the bytes of the run, so that a hash over them is one of values.
 */
export class ArrayDecoder implements ColumnDecoder {
  readonly type: List;
  readonly #element: ColumnDecoder;
  readonly #elementText: ElementText;
  readonly #specials: SpecialCells;
  readonly #offsets = new ValueBuffer(Int32Array);
  readonly #nulls = new NullBitmap();
  #length = 0;
  #elements = 0;
  /** Where the elements of the run stand; as the fields of a tuple with one column. */
  #positions = new Int32Array(1024);

  constructor(element: ColumnDecoder, elementText: ElementText, specials: SpecialCells) {
    this.type = new List(new Field('element', element.type, true));
    this.#element = element;
    this.#elementText = elementText;
    this.#specials = specials;
  }

  decode(run: TupleRun, column: number): void {
    const { view, fields, stride, rows } = run;
    const start = this.#length;
    const end = start + rows;
    const offsets = this.#offsets.reserve(end + 1);
    let found = 0;
    for (let row = start, field = column; row < end; row++, field += stride) {
      const at = fields[field]!;
      if (view.getInt32(at) === -1) this.#nulls.add(row);
      else {
        const dimensions = dimensionsOf(view, at, row - start);
        if (dimensions === 0) checkEmpty(view, at, row - start);
        else if (dimensions === 1 && view.getInt32(at + 20) === 1)
          found = this.#locate(view, at, found, row - start);
        else this.#addSpecial(run, at, row, row - start);
      }
      offsets[row + 1] = this.#elements + found;
    }
    this.#decodeElements(
      { ...run, fields: this.#positions, stride: 1, rows: found, lasting: false },
      offsets,
      start,
    );
    this.#elements += found;
    this.#length = end;
  }

  take(): Data {
    const length = this.#length;
    const valueOffsets = this.#offsets.take(length + 1);
    const nullCount = this.#nulls.count;
    const nullBitmap = this.#nulls.take(length);
    this.#length = 0;
    this.#elements = 0;
    return makeData({
      type: this.type,
      length,
      nullCount,
      nullBitmap,
      valueOffsets,
      child: this.#element.take(),
    });
  }

  giveBack(data: Data): void {
    this.#offsets.giveBack(data.valueOffsets);
    this.#element.giveBack(data.children[0]!);
  }

  release(): void {
    this.#offsets.release();
    this.#element.release();
  }

  #decodeElements(elements: TupleRun, offsets: Int32Array, start: number): void {
    try {
      this.#element.decode(elements, 0);
    } catch (error) {
      if (!(error instanceof MalformedField)) throw error;
      const element = this.#elements + error.row;
      throw new MalformedField(offsets.findIndex((offset) => offset > element) - 1 - start, error.message);
    }
  }

  /** Notes where the elements of a one-dimensional array stand; gives how many are noted in all. */
  #locate(view: DataView, at: number, found: number, rowOfRun: number): number {
    const count = view.getInt32(at + 16);
    const end = at + 4 + view.getInt32(at);
    let next = at + 4 + HEADER_SIZE + DIMENSION_SIZE;
    let hasNulls = 0;
    for (let index = 0; index < count; index++) {
      const size = elementSize(view, next, end, rowOfRun);
      if (size === -1) hasNulls = 1;
      if (found === this.#positions.length) this.#positions = doubled(this.#positions);
      this.#positions[found++] = next;
      next += 4 + Math.max(0, size);
    }
    if (count < 0 || next !== end) throw new MalformedField(rowOfRun, 'array of wrong length');
    view.setInt32(at + NULLS_AT, hasNulls);
    return found;
  }

  #addSpecial({ bytes, view }: TupleRun, at: number, row: number, rowOfRun: number): void {
    this.#specials.add(row, arrayText(bytes, view, at, rowOfRun, this.#elementText));
    this.#nulls.add(row);
  }
}

function doubled(positions: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(positions.length * 2);
  grown.set(positions);
  return grown;
}

function dimensionsOf(view: DataView, at: number, rowOfRun: number): number {
  const size = view.getInt32(at);
  const dimensions = size >= HEADER_SIZE ? view.getInt32(at + 4) : -1;
  if (dimensions < 0 || dimensions > MOST_DIMENSIONS || size < HEADER_SIZE + dimensions * DIMENSION_SIZE) {
    throw new MalformedField(rowOfRun, 'array of wrong length');
  }
  return dimensions;
}

function checkEmpty(view: DataView, at: number, rowOfRun: number): void {
  if (view.getInt32(at) !== HEADER_SIZE) throw new MalformedField(rowOfRun, 'array of wrong length');
}

/** The size of the element at `at`, -1 for NULL; it lies within the array. */
function elementSize(view: DataView, at: number, end: number, rowOfRun: number): number {
  const size = at + 4 <= end ? view.getInt32(at) : -2;
  if (size < -1 || at + 4 + size > end) throw new MalformedField(rowOfRun, 'array element of wrong length');
  return size;
}

/** The text that Postgres prints for any array, bounds included where one is not 1. */
function arrayText(
  bytes: Buffer,
  view: DataView,
  at: number,
  rowOfRun: number,
  elementText: ElementText,
): string {
  const dimensions = Array.from({ length: dimensionsOf(view, at, rowOfRun) }, (_, index) => ({
    length: view.getInt32(at + 16 + index * DIMENSION_SIZE),
    lowerBound: view.getInt32(at + 20 + index * DIMENSION_SIZE),
  }));
  const end = at + 4 + view.getInt32(at);
  let next = at + 4 + HEADER_SIZE + dimensions.length * DIMENSION_SIZE;
  let hasNulls = 0;
  const nextElement = (): string => {
    const size = elementSize(view, next, end, rowOfRun);
    const from = next + 4;
    next = from + Math.max(0, size);
    if (size === -1) {
      hasNulls = 1;
      return 'NULL';
    }
    const text = elementText(bytes, view, from, size);
    if (text === undefined) throw new MalformedField(rowOfRun, 'array element of wrong length');
    return quoted(text);
  };
  const slice = (depth: number): string => {
    if (depth === dimensions.length) return nextElement();
    return `{${Array.from({ length: dimensions[depth]!.length }, () => slice(depth + 1)).join(',')}}`;
  };
  const empty = dimensions.some(({ length }) => length <= 0);
  const body = empty ? '{}' : slice(0);
  if (next !== end) throw new MalformedField(rowOfRun, 'array of wrong length');
  view.setInt32(at + NULLS_AT, hasNulls);
  if (empty || dimensions.every(({ lowerBound }) => lowerBound === 1)) return body;
  const bounds = dimensions.map(({ length, lowerBound }) => `[${lowerBound}:${lowerBound + length - 1}]`);
  return `${bounds.join('')}=${body}`;
}

function quoted(text: string): string {
  const plain = text !== '' && !/[ \t\n\r\v\f"\\{},]/.test(text) && !/^null$/i.test(text);
  return plain ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
