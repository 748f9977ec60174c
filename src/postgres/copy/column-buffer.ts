import { freeMemory } from '../../memory.ts';

/** Spare bytes behind what a byte buffer may use: short values are copied in words, beyond their end. */
export const SLACK = 16;
const SMALLEST_CAPACITY = 1024;
/** Arrow's utf8, binary and list offsets are 32-bit. */
const LARGEST_OFFSET = 2 ** 31 - 1;

/** Which rows of a batch are null, as an Arrow validity bitmap that costs nothing until the first null. */
export class NullBitmap {
  #bits: Uint8Array | undefined;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(row: number): void {
    let bits = this.#bits;
    if (bits === undefined || row >> 3 >= bits.length) bits = this.#grow(row);
    bits[row >> 3]! &= ~(1 << (row & 7));
    this.#count++;
  }

  /** The bitmap of the first `rows` rows, or undefined when none of them is null; starts anew. */
  take(rows: number): Uint8Array | undefined {
    if (this.#count === 0) return undefined;
    const bytes = (rows + 7) >> 3;
    if (this.#bits === undefined || this.#bits.length < bytes) this.#grow(rows - 1);
    const bits = this.#bits!.subarray(0, bytes);
    if (rows & 7) bits[bytes - 1]! &= (1 << (rows & 7)) - 1;
    this.#bits = undefined;
    this.#count = 0;
    return bits;
  }

  #grow(row: number): Uint8Array {
    const old = this.#bits ?? new Uint8Array(0);
    const grown = new Uint8Array(Math.max(old.length * 2, (row >> 3) + 1, SMALLEST_CAPACITY)).fill(0xff);
    grown.set(old);
    this.#bits = grown;
    return grown;
  }
}

/** What a typed array of any kind can do with others of its kind. */
export type NumberArray<A> = ArrayBufferView & {
  readonly length: number;
  set(source: A): void;
  subarray(begin: number, end: number): A;
};

/** The constructor of a typed array. */
export type NumberArrayOf<A> = {
  readonly BYTES_PER_ELEMENT: number;
  new (memory: ArrayBuffer): A;
};

/*
 * Fresh memory for every batch costs a third of all decoding: pages that the system maps and clears, and a collector
 * that sees megabytes come and go. So memory that comes back is written to again.
 */

/**
 * Of what came back before and what comes back now, the memory that is written to again; the other goes back to the
 * system. So does what went unused for the most part, or one large batch after another would leave its memory in
 * another column.
 */
function keepOne(spare: ArrayBuffer | undefined, used: ArrayBufferView): ArrayBuffer | undefined {
  const { buffer, byteLength } = used;
  const isWorthIt = byteLength > 0 && byteLength * 4 >= buffer.byteLength;
  if (!isWorthIt || !(buffer instanceof ArrayBuffer)) {
    freeMemory(buffer);
    return spare;
  }
  if (spare !== undefined) freeMemory(spare);
  return buffer;
}

/** Values of one fixed width, appended in order; it remembers how many the last batch had. */
export class ValueBuffer<A extends NumberArray<A>> {
  readonly #Values: NumberArrayOf<A>;
  #values: A;
  #spare: ArrayBuffer | undefined;
  #expected = SMALLEST_CAPACITY;

  constructor(Values: NumberArrayOf<A>) {
    this.#Values = Values;
    this.#values = this.#allocate(0);
  }

  /** The array, with room for `length` values. They may be anything, or zero where none was ever written. */
  reserve(length: number): A {
    const old = this.#values;
    if (length <= old.length) return old;
    const grown = this.#allocate(Math.max(length, old.length * 2, this.#expected));
    grown.set(old);
    freeMemory(old.buffer);
    this.#values = grown;
    return grown;
  }

  /** Hands over the first `length` values and starts anew. */
  take(length: number): A {
    const taken = this.reserve(length).subarray(0, length);
    this.#values = this.#spare === undefined ? this.#allocate(0) : new this.#Values(this.#spare);
    this.#spare = undefined;
    this.#expected = Math.max(SMALLEST_CAPACITY, length + (length >> 4));
    return taken;
  }

  /** Takes back what `take` handed over. */
  giveBack(values: ArrayBufferView): void {
    this.#spare = keepOne(this.#spare, values);
  }

  /** Gives its memory back to the system, but for what was taken and did not come back. */
  release(): void {
    freeMemory(this.take(0).buffer);
    // What came back takes the place of what was taken.
    freeMemory(this.take(0).buffer);
  }

  #allocate(length: number): A {
    return new this.#Values(new ArrayBuffer(length * this.#Values.BYTES_PER_ELEMENT));
  }
}

/** Bytes of variable-length values, one behind the other. */
export class ByteBuffer {
  bytes: Buffer = Buffer.alloc(0);
  view = new DataView(this.bytes.buffer, 0, 0);
  /** Bytes that values may use; behind them comes the slack. */
  capacity = 0;
  #spare: ArrayBuffer | undefined;
  #expected = SMALLEST_CAPACITY;

  /** Makes room for `needed` bytes in all, keeping the first `used`. */
  grow(needed: number, used: number): void {
    if (needed > LARGEST_OFFSET) throw new RangeError('a batch of one column exceeds 2 GiB');
    const capacity = Math.min(LARGEST_OFFSET, Math.max(needed, this.capacity * 2, this.#expected));
    const before = this.bytes;
    this.#use(new ArrayBuffer(capacity + SLACK));
    before.copy(this.bytes, 0, 0, used);
    freeMemory(before.buffer);
  }

  /** Hands over the first `used` bytes and starts anew. */
  take(used: number): Uint8Array {
    const taken = new Uint8Array(this.bytes.buffer, this.bytes.byteOffset, used);
    this.#use(this.#spare ?? new ArrayBuffer(SLACK));
    this.#spare = undefined;
    this.#expected = used + (used >> 4);
    return taken;
  }

  /** Takes back what `take` handed over. */
  giveBack(bytes: Uint8Array): void {
    this.#spare = keepOne(this.#spare, bytes);
  }

  /** Gives its memory back to the system, but for what was taken and did not come back. */
  release(): void {
    freeMemory(this.take(0).buffer);
    // What came back takes the place of what was taken.
    freeMemory(this.take(0).buffer);
  }

  #use(memory: ArrayBuffer): void {
    this.bytes = Buffer.from(memory);
    this.view = new DataView(memory);
    this.capacity = memory.byteLength - SLACK;
  }
}
