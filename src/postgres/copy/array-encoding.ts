import type { Data } from 'apache-arrow';
import { PermafrostError } from '../../errors.ts';
import { ColumnEncoder, type FieldTarget, LENGTH_SIZE } from './column-encoding.ts';

/* The wire form is described at the decoder. */
const HEADER_SIZE = 12;
const DIMENSION_SIZE = 8;

/**
 * A list as a one-dimensional array that begins at 1. Its elements are encoded as the fields of a tuple are, by the
 * encoder of their type.
 */
export class ArrayEncoder extends ColumnEncoder {
  readonly #element: ColumnEncoder;
  readonly #elementOid: number;
  #offsets = new Int32Array();
  /** Sizes of the elements that were measured last, then where they are written. */
  #elements = new Int32Array();
  /** Sizes of the fields that were measured last. */
  #sizes = new Int32Array();

  constructor(element: ColumnEncoder, elementOid: number) {
    super();
    this.#element = element;
    this.#elementOid = elementOid;
  }

  protected load(column: Data): void {
    const [child] = column.children;
    if (child === undefined) throw new PermafrostError('unexpected', 'an Arrow list has no elements');
    this.#element.bind(child);
    this.#offsets = column.valueOffsets;
  }

  measure(from: number, count: number, sizes: Int32Array): void {
    const offsets = this.#offsets;
    const first = offsets[from]!;
    const found = offsets[from + count]! - first;
    if (this.#elements.length < found) this.#elements = new Int32Array(found);
    if (this.#sizes.length < count) this.#sizes = new Int32Array(count);
    this.#elements.fill(0, 0, found);
    this.#element.measure(first, found, this.#elements);
    for (let index = 0, row = from; index < count; index++, row++) {
      const size = this.isPresent(row) ? this.#measureList(row, first) : this.absentSize(row);
      this.#sizes[index] = size;
      sizes[index]! += size;
    }
  }

  write(from: number, count: number, target: FieldTarget): void {
    const offsets = this.#offsets;
    const first = offsets[from]!;
    const { positions } = target;
    for (let index = 0, row = from; index < count; index++, row++) {
      const at = positions[index]!;
      if (this.isPresent(row)) this.#writeHead(row, this.#sizes[index]! - LENGTH_SIZE, target.view, at);
      else this.writeAbsent(row, target, at);
      let next = at + LENGTH_SIZE + HEADER_SIZE + DIMENSION_SIZE;
      for (let element = offsets[row]! - first; element < offsets[row + 1]! - first; element++) {
        const size = this.#elements[element]!;
        this.#elements[element] = next;
        next += size;
      }
      positions[index] = at + this.#sizes[index]!;
    }
    this.#element.write(first, offsets[from + count]! - first, { ...target, positions: this.#elements });
  }

  #measureList(row: number, first: number): number {
    const start = this.#offsets[row]! - first;
    const end = this.#offsets[row + 1]! - first;
    let size = LENGTH_SIZE + HEADER_SIZE + (end > start ? DIMENSION_SIZE : 0);
    for (let element = start; element < end; element++) size += this.#elements[element]!;
    return size;
  }

  #writeHead(row: number, size: number, view: DataView, at: number): void {
    const start = this.#offsets[row]!;
    const end = this.#offsets[row + 1]!;
    view.setInt32(at, size);
    view.setInt32(at + 4, end > start ? 1 : 0);
    view.setInt32(at + 8, this.#hasNull(start, end) ? 1 : 0);
    view.setInt32(at + 12, this.#elementOid);
    if (end === start) return;
    view.setInt32(at + 16, end - start);
    view.setInt32(at + 20, 1);
  }

  #hasNull(start: number, end: number): boolean {
    for (let element = start; element < end; element++) if (!this.#element.isPresent(element)) return true;
    return false;
  }
}

type Nested = string | null | readonly Nested[];

/** The wire form of any array, from Postgres' text of it. What `encodeElement` throws for another text comes through. */
export function encodeArrayText(
  text: string,
  elementOid: number,
  encodeElement: (text: string) => Buffer,
): Buffer {
  // Lower bounds stand in front when one of them is not 1: `[0:1][-1:0]={{1,2},{3,4}}`.
  const bodyAt = text.startsWith('[') ? text.indexOf('=') + 1 : 0;
  const lowerBounds = Array.from(text.slice(0, bodyAt).matchAll(/\[(-?\d+):/g), (bound) => Number(bound[1]));
  const body = readNested(text.slice(bodyAt));
  const lengths: number[] = [];
  for (
    let level: Nested | undefined = body;
    typeof level === 'object' && level !== null && level.length > 0;
    level = level[0]
  ) {
    lengths.push(level.length);
  }
  const elements = leavesOf(body);
  const bounds = lengths.flatMap((length, index) => [length, lowerBounds[index] ?? 1]);
  const fields = elements.flatMap((element) => {
    const bytes = element === null ? undefined : encodeElement(element);
    return bytes === undefined ? [int32s(-1)] : [int32s(bytes.length), bytes];
  });
  return Buffer.concat([
    int32s(lengths.length, elements.includes(null) ? 1 : 0, elementOid, ...bounds),
    ...fields,
  ]);
}

function leavesOf(body: Nested): readonly (string | null)[] {
  return typeof body === 'object' && body !== null ? body.flatMap(leavesOf) : [body];
}

/** Arrays in arrays, down to the texts of the elements. */
function readNested(text: string): Nested {
  const root: Nested[] = [];
  const open = [root];
  for (const [token, quoted] of text.matchAll(/"((?:[^"\\]|\\.)*)"|[{}]|[^{},"]+/gsu)) {
    if (token === '{') {
      const inner: Nested[] = [];
      open.at(-1)?.push(inner);
      open.push(inner);
    } else if (token === '}') open.pop();
    else if (quoted !== undefined) open.at(-1)?.push(quoted.replaceAll(/\\(.)/gsu, '$1'));
    else open.at(-1)?.push(token === 'NULL' ? null : token);
  }
  return root[0] ?? null;
}

function int32s(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeInt32BE(value, 4 * index));
  return bytes;
}
