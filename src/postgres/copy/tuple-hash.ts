import { createHash, type Hash } from 'node:crypto';

/** Of a CopyData message: its type, and the length of what follows the type. */
const HEAD_SIZE = 5;
const LENGTH_SIZE = 4;

/**
 * SHA-256 over tuples in their order. What was read in parts (chunks of a table) has a hash of each part, and over these
 * one of the whole: so parts can be read at the same time, and the hash can still be made again by whoever has the rows
 * in one piece and knows how many each part has.
 */
export class TupleHash {
  /** Tuples of the parts that have not begun. */
  readonly #following: number[];
  readonly #digests: string[] = [];
  #hash: Hash = createHash('sha256');
  /** Tuples that the part still lacks; of the last part nobody counts. */
  #wanted: number;
  readonly #head = Buffer.alloc(HEAD_SIZE);
  #headBytes = 0;
  /** Bytes that the message still lacks. */
  #missing = 0;

  /** `tuples` of each part; without any, all tuples are one part. */
  constructor(tuples: readonly number[] = []) {
    const [first = 0, ...following] = tuples;
    this.#wanted = first;
    this.#following = following;
    this.#skipEmpty();
  }

  /** Takes CopyData messages, cut anywhere; see CopyDecoderOptions.onTuples. */
  update(bytes: Uint8Array): void {
    let start = 0;
    while (this.#following.length > 0) {
      const end = this.#endOfPart(bytes, start);
      if (end === undefined) break;
      this.#hash.update(bytes.subarray(start, end));
      start = end;
      this.#beginPart();
      this.#skipEmpty();
    }
    this.#hash.update(start === 0 ? bytes : bytes.subarray(start));
  }

  /** Lower-case hex. */
  digest(): string {
    while (this.#following.length > 0) this.#beginPart();
    return hashOfParts([...this.#digests, this.#hash.digest('hex')]);
  }

  #beginPart(): void {
    this.#digests.push(this.#hash.digest('hex'));
    this.#hash = createHash('sha256');
    this.#wanted = this.#following.shift() ?? 0;
  }

  #skipEmpty(): void {
    while (this.#wanted === 0 && this.#following.length > 0) this.#beginPart();
  }

  /** Where the part ends in these bytes, from `start` on; undefined where it goes on behind them. */
  #endOfPart(bytes: Uint8Array, start: number): number | undefined {
    let at = start;
    while (at < bytes.length) {
      if (this.#missing > 0) {
        const taken = Math.min(this.#missing, bytes.length - at);
        at += taken;
        this.#missing -= taken;
      } else {
        this.#head[this.#headBytes++] = bytes[at++]!;
        if (this.#headBytes < HEAD_SIZE) continue;
        this.#headBytes = 0;
        this.#missing = this.#head.readInt32BE(HEAD_SIZE - LENGTH_SIZE) - LENGTH_SIZE;
      }
      if (this.#missing > 0 || this.#headBytes > 0) continue;
      this.#wanted -= 1;
      if (this.#wanted === 0) return at;
    }
    return undefined;
  }
}

/** The hash of the whole, from those of its parts in their order: over their bytes; of one part it is the part's own. */
export function hashOfParts(parts: readonly string[]): string {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const whole = createHash('sha256');
  for (const part of parts) whole.update(part, 'hex');
  return whole.digest('hex');
}
