/**
 * Thrift's compact protocol, which Parquet writes its footers and page headers in: a struct is fields of (delta of the
 * id, type, value) up to a zero byte; integers are zigzag and variable-length. Read into a tree that is written back as
 * the same bytes, whatever its fields mean.
 */
export type ThriftStruct = Map<number, ThriftField>;

export type ThriftField = { readonly type: number; readonly value: ThriftValue };

/** Integers of any width are bigint; doubles and binaries are their bytes; a struct may stand encoded already. */
export type ThriftValue = boolean | bigint | Uint8Array | ThriftList | ThriftStruct;

export type ThriftList = { readonly elementType: number; readonly values: readonly ThriftValue[] };

export const TRUE = 1;
export const FALSE = 2;
export const I16 = 4;
export const I32 = 5;
export const I64 = 6;
export const BINARY = 8;
export const LIST = 9;
export const STRUCT = 12;
const BYTE = 3;
const DOUBLE = 7;
const SET = 10;
const STOP = 0;
const DOUBLE_SIZE = 8;
const LONG_LIST = 15;
const FIRST_SIZE = 4096;

/** Reads the struct at `from`; gives where it ends. Throws where the bytes are none. */
export function readStruct(bytes: Uint8Array, from = 0): { struct: ThriftStruct; end: number } {
  const reader = new ThriftReader(bytes, from);
  const struct = reader.readStruct();
  return { struct, end: reader.at };
}

/** The bytes of a struct. */
export function writeStruct(struct: ThriftStruct): Uint8Array {
  writer.clear();
  writer.writeStruct(struct);
  return writer.take();
}

class ThriftReader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  readStruct(): ThriftStruct {
    const struct: ThriftStruct = new Map();
    let id = 0;
    for (let head = this.#byte(); head !== STOP; head = this.#byte()) {
      const type = head & 15;
      id = head >> 4 === 0 ? Number(this.#integer()) : id + (head >> 4);
      struct.set(id, { type, value: type <= FALSE ? type === TRUE : this.#readValue(type) });
    }
    return struct;
  }

  #readValue(type: number): ThriftValue {
    if (type <= FALSE) return this.#byte() === TRUE;
    if (type === BYTE) return BigInt(this.#byte());
    if (type >= I16 && type <= I64) return this.#integer();
    if (type === DOUBLE) return this.#take(DOUBLE_SIZE);
    if (type === BINARY) return this.#take(Number(this.#varint()));
    if (type === LIST || type === SET) return this.#readList();
    if (type === STRUCT) return this.readStruct();
    throw new Error(`no such type in a Parquet footer: ${type}`);
  }

  #readList(): ThriftList {
    const head = this.#byte();
    const elementType = head & 15;
    const length = head >> 4 === LONG_LIST ? Number(this.#varint()) : head >> 4;
    const values: ThriftValue[] = [];
    while (values.length < length) values.push(this.#readValue(elementType));
    return { elementType, values };
  }

  #integer(): bigint {
    const zigzag = this.#varint();
    return (zigzag >> 1n) ^ -(zigzag & 1n);
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  }

  #take(size: number): Uint8Array {
    this.at += size;
    if (this.at > this.#bytes.length) throw new Error('a Parquet footer is cut off');
    return this.#bytes.subarray(this.at - size, this.at);
  }

  #byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Error('a Parquet footer is cut off');
    return byte;
  }
}

class ThriftWriter {
  #bytes = new Uint8Array(FIRST_SIZE);
  #length = 0;

  /** A copy: there is a struct for each page, and much of the memory would be empty. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  writeStruct(struct: ThriftStruct): void {
    let last = 0;
    for (const [id, { type, value }] of [...struct].toSorted(([a], [b]) => a - b)) {
      const head = type <= FALSE ? (value === true ? TRUE : FALSE) : type;
      const delta = id - last;
      if (delta < 16) this.#byte((delta << 4) | head);
      else {
        this.#byte(head);
        this.#integer(BigInt(id));
      }
      if (type > FALSE) this.#writeValue(type, value);
      last = id;
    }
    this.#byte(STOP);
  }

  #writeValue(type: number, value: ThriftValue): void {
    if (typeof value === 'boolean') this.#byte(value ? TRUE : FALSE);
    else if (typeof value === 'bigint') {
      if (type === BYTE) this.#byte(Number(value));
      else this.#integer(value);
    } else if (value instanceof Uint8Array) {
      if (type === BINARY) this.#varint(BigInt(value.length));
      this.#append(value);
    } else if (value instanceof Map) this.writeStruct(value);
    else this.#writeList(value);
  }

  #writeList({ elementType, values }: ThriftList): void {
    if (values.length < LONG_LIST) this.#byte((values.length << 4) | elementType);
    else {
      this.#byte((LONG_LIST << 4) | elementType);
      this.#varint(BigInt(values.length));
    }
    for (const value of values) this.#writeValue(elementType, value);
  }

  #integer(value: bigint): void {
    this.#varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
  }

  #varint(value: bigint): void {
    let rest = value;
    for (; rest > 127n; rest >>= 7n) this.#byte(Number(rest & 127n) | 128);
    this.#byte(Number(rest));
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Its memory is used again by each struct, which is written at once. */
const writer = new ThriftWriter();
