import { freeMemory } from '../../memory.ts';

const FIRST_SIZE = 256;
/** Behind what was reserved: values are read and copied in words, beyond their end. */
const SLACK = 16;
const WORD_SIZE = 8;
/** More is kept only while half of it is used: else each of many columns would keep what a row group once needed. */
const KEPT_UNUSED = 4 * 1024 * 1024;

/** Memory that grows and is used again, seen as bytes, as 32-bit words and through a view. */
export class GrowingBuffer {
  bytes!: Buffer<ArrayBuffer>;
  words!: Int32Array<ArrayBuffer>;
  view!: DataView<ArrayBuffer>;
  /** Bytes in use. */
  length = 0;
  readonly #usualSize: number;

  /** It doubles up to `usualMost` bytes; beyond, where a long value needs it, it grows by what is asked for. */
  constructor(usualMost: number) {
    this.#usualSize = inWholeWords(usualMost + SLACK);
    this.#allocate(FIRST_SIZE);
  }

  /** Makes room for `more` bytes behind those in use. The views are others then. */
  reserve(more: number): void {
    const needed = this.length + more + SLACK;
    if (needed <= this.bytes.length) return;
    const used = this.taken();
    const doubled = Math.min(this.bytes.length * 2, this.#usualSize);
    this.#allocate(inWholeWords(Math.max(needed, doubled)));
    this.bytes.set(used);
    freeMemory(used.buffer);
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
    const isKept = size <= KEPT_UNUSED || (size <= this.#usualSize && this.length * 2 >= size);
    this.length = 0;
    // Not freed: what `taken` gave may still be on its way to a file.
    if (!isKept) this.#allocate(FIRST_SIZE);
  }

  /** Empties it and gives its memory back; what `taken` gave is empty then. */
  release(): void {
    freeMemory(this.bytes.buffer);
    this.length = 0;
    this.#allocate(0);
  }

  #allocate(size: number): void {
    const memory = new ArrayBuffer(size);
    this.bytes = Buffer.from(memory);
    this.words = new Int32Array(memory);
    this.view = new DataView(memory);
  }
}

function inWholeWords(bytes: number): number {
  return Math.ceil(bytes / WORD_SIZE) * WORD_SIZE;
}
