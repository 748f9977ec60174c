import { hash } from 'node:crypto';

const COPY_DATA_HEAD = 5;
const LENGTH_SIZE = 4;
const LANES = 8;

/**
 * A hash over tuples that is the same in whatever order they come: the sums, lane by lane, of their SHA-256. It finds
 * errors; whoever forges rows on purpose is found by an ordered hash only.
 */
export class RowSetHash {
  readonly #sums = new Uint32Array(LANES);
  #rows = 0;
  /** A message that has not come whole. */
  #tail: Buffer = Buffer.alloc(0);

  /** Takes CopyData messages, cut anywhere; see CopyDecoderOptions.onTuples. */
  update(bytes: Uint8Array): void {
    const chunk = this.#tail.length === 0 ? viewOf(bytes) : Buffer.concat([this.#tail, bytes]);
    let at = 0;
    while (at + COPY_DATA_HEAD <= chunk.length) {
      const end = at + 1 + chunk.readInt32BE(at + 1);
      if (end > chunk.length) break;
      this.#add(chunk.subarray(at + 1 + LENGTH_SIZE, end));
      at = end;
    }
    this.#tail = Buffer.from(chunk.subarray(at));
  }

  /** Lower-case hex, with the number of rows. */
  digest(): string {
    return `${this.#rows}-${Array.from(this.#sums, (sum) => sum.toString(16).padStart(8, '0')).join('')}`;
  }

  #add(tuple: Buffer): void {
    const digest = hash('sha256', tuple, 'buffer');
    for (let lane = 0; lane < LANES; lane++) this.#sums[lane]! += digest.readUInt32BE(lane * LENGTH_SIZE);
    this.#rows++;
  }
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
