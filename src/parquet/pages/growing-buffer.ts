const FIRST_SIZE = 256;
/** Behind what was reserved: values are read and copied in words, beyond their end. */
const SLACK = 16;
const WORD_SIZE = 8;
/** Larger memory is kept only where half of it was used: else one column of many may have needed it for a row group. */
const KEPT_UNUSED = 4 * 1024 * 1024;
/** Larger memory is given back: one long value needed it. */
const MOST_KEPT = 16 * 1024 * 1024 + SLACK;

/** Memory that grows and is used again, seen as bytes, as 32-bit words and through a view. */
export class GrowingBuffer {
  bytes!: Buffer<ArrayBuffer>;
  words!: Int32Array<ArrayBuffer>;
  view!: DataView<ArrayBuffer>;
  /** Bytes in use. */
  length = 0;
  readonly #usualMost: number;

  /** It doubles up to `usualMost` bytes; beyond, it grows by what is asked for. */
  constructor(usualMost: number) {
    this.#usualMost = usualMost;
    this.#allocate(FIRST_SIZE);
  }

  /** Makes room for `more` bytes behind those in use. The views are others then. */
  reserve(more: number): void {
    const needed = this.length + more + SLACK;
    if (needed <= this.bytes.length) return;
    const used = this.taken();
    const doubled = Math.min(this.bytes.length * 2, this.#usualMost + SLACK);
    this.#allocate(Math.ceil(Math.max(needed, doubled) / WORD_SIZE) * WORD_SIZE);
    this.bytes.set(used);
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** The bytes in use, where they stand. */
  taken(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  clear(): void {
    const size = this.bytes.length;
    const isKept = size <= KEPT_UNUSED || (size <= MOST_KEPT && this.length * 2 >= size);
    this.length = 0;
    if (!isKept) this.#allocate(FIRST_SIZE);
  }

  #allocate(size: number): void {
    const memory = new ArrayBuffer(size);
    this.bytes = Buffer.from(memory);
    this.words = new Int32Array(memory);
    this.view = new DataView(memory);
  }
}
