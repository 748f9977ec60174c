/** A sink is called for small pieces when they have come to this, and for a piece of this size by itself. */
const LEAST_BYTES = 64 * 1024;

/** Gives small pieces of a file to its sink together. */
export class PieceCollector {
  readonly #sink: (bytes: Uint8Array) => Promise<void>;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #position = 0;

  constructor(sink: (bytes: Uint8Array) => Promise<void>) {
    this.#sink = sink;
  }

  /** Bytes of the file so far. */
  get position(): number {
    return this.#position;
  }

  /** The bytes belong to the sink from now on. */
  async add(bytes: Uint8Array): Promise<void> {
    if (bytes.length >= LEAST_BYTES) await this.flush();
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    this.#position += bytes.length;
    if (this.#bytes >= LEAST_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#pieces.length === 0) return;
    const [first] = this.#pieces;
    const piece = this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    await this.#sink(piece);
  }
}
