import { freeMemory } from '../../memory.ts';

/** A piece of this size goes to the sink by itself. */
const LARGE_PIECE = 256 * 1024;
const BLOCK_BYTES = 1024 * 1024;

/** Gives small pieces of a file to its sink together, in memory that is used again once the sink is through with it. */
export class PieceCollector {
  readonly #sink: (bytes: Uint8Array) => Promise<void>;
  readonly #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #gathered = 0;
  #position = 0;

  constructor(sink: (bytes: Uint8Array) => Promise<void>) {
    this.#sink = sink;
  }

  /** Bytes of the file so far. */
  get position(): number {
    return this.#position;
  }

  /** The caller may use the memory of the bytes again when it resolves. */
  async add(bytes: Uint8Array): Promise<void> {
    this.#position += bytes.length;
    if (this.#gathered + bytes.length > BLOCK_BYTES || bytes.length >= LARGE_PIECE) await this.flush();
    if (bytes.length >= LARGE_PIECE) return this.#sink(bytes);
    this.#block.set(bytes, this.#gathered);
    this.#gathered += bytes.length;
  }

  async flush(): Promise<void> {
    const gathered = this.#block.subarray(0, this.#gathered);
    this.#gathered = 0;
    if (gathered.length > 0) await this.#sink(gathered);
  }

  /** Gives its memory back, once all is flushed. Nothing may be added any more. */
  release(): void {
    freeMemory(this.#block.buffer);
  }
}
