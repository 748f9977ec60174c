import { PermafrostError } from '../errors.ts';

/*
 * Thrift's compact protocol, as far as a footer uses it: a field is a head (delta of its id, type) and its value;
 * numbers are variable-length integers of seven bits per byte.
 */
export const STRUCT = 12;
export const LIST = 9;
const SET = 10;
const BINARY = 8;
const DOUBLE = 7;
export const I64 = 6;
const BYTE = 3;
const FALSE = 2;
const STOP = 0;

/** Where a value stands in a footer: an offset into the file as a variable-length integer. */
export type StoredOffset = { readonly at: number; readonly size: number; readonly value: number };

/** Walks a footer. Whatever is not asked for is skipped. */
export class FooterCursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Calls `visit` at the value of each field of a struct; it says whether it has read the value. */
  eachField(visit: (id: number, type: number) => boolean): void {
    let id = 0;
    for (let head = this.#byte(); (head & 15) !== STOP; head = this.#byte()) {
      const delta = head >> 4;
      if (delta === 0) throw notFooter();
      id += delta;
      const type = head & 15;
      if (!visit(id, type)) this.skip(type);
    }
  }

  /** Calls `read` at each element of a list; it reads the element. Gives their type. */
  eachElement(read: (type: number) => void): void {
    const head = this.#byte();
    const count = head >> 4 === 15 ? this.#varint() : head >> 4;
    for (let index = 0; index < count; index++) read(head & 15);
  }

  /** Where the cursor stands: behind what was read last. */
  get at(): number {
    return this.#at;
  }

  /** A number that is not negative. */
  readNumber(): number {
    return this.#varint() / 2;
  }

  readOffset(): StoredOffset {
    const at = this.#at;
    const value = this.#varint() / 2;
    return { at, size: this.#at - at, value };
  }

  /** Skips a value. */
  skip(type: number): void {
    if (type <= FALSE) return;
    if (type === BYTE) this.#at += 1;
    else if (type < DOUBLE) this.#varint();
    else if (type === DOUBLE) this.#at += 8;
    else if (type === BINARY) this.#skipBytes(this.#varint());
    else if (type === LIST || type === SET) this.eachElement((element) => this.#skipElement(element));
    else if (type === STRUCT) this.eachField(() => false);
    else throw notFooter();
  }

  /** A bool is in the head of a field, but a byte of its own in a list. */
  #skipElement(type: number): void {
    if (type <= FALSE) this.#at += 1;
    else this.skip(type);
  }

  #skipBytes(count: number): void {
    this.#at += count;
  }

  #varint(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw notFooter();
    return byte;
  }
}

function notFooter(): PermafrostError {
  return new PermafrostError('integrity', 'the footer of a Parquet file is damaged', {
    cure: 'restore the file from a copy',
  });
}
