import { PermafrostError } from '../../errors.ts';

const COPY_DATA = 0x64;
const HEAD_SIZE = 5;
const LENGTH_SIZE = 4;
/** CopyOutResponse, CopyDone, and what a server may send at any time: notice, parameter, notification. */
const MESSAGES_OF_A_COPY: ReadonlySet<number> = new Set([0x48, 0x63, 0x4e, 0x53, 0x41]);

/** Takes the CopyData messages of a stream. */
export type CopyDataSink = {
  /** Takes whole messages from `from` on, as many as it can at once; gives where the first byte stands that it left. */
  readonly takeMessages: (chunk: Buffer, from: number) => number;
  /** Takes the next piece of the payload of a message that `takeMessages` left; `following` bytes more are to come. */
  readonly takePayload: (piece: Buffer, following: number) => void;
};

/**
 * Sorts what the socket gives while a COPY runs: CopyData goes to the sink, the other messages of a COPY to the
 * driver. The server sends a message for every row, so they are not cut out one by one.
 */
export class CopyMessageSorter {
  readonly #sink: CopyDataSink;
  readonly #driver: (bytes: Buffer) => void;
  /** Where the rest of the message that is under way goes. */
  #target: (bytes: Buffer, following: number) => void;
  #left = 0;
  readonly #head = Buffer.alloc(HEAD_SIZE);
  #headLength = 0;

  constructor(sink: CopyDataSink, driver: (bytes: Buffer) => void) {
    this.#sink = sink;
    // It may keep what it gets; the chunk is used again.
    this.#driver = (bytes) => driver(Buffer.from(bytes));
    this.#target = this.#driver;
  }

  /**
   * Sorts one chunk, cut anywhere; nothing keeps it. Gives undefined as long as the COPY goes on; once a message comes that ends it
   * (CommandComplete, ErrorResponse …), gives that message and all behind it, which belong to the driver.
   */
  accept(chunk: Buffer): Buffer | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const piece = chunk.subarray(at, at + this.#left);
        this.#left -= piece.length;
        at += piece.length;
        this.#target(piece, this.#left);
        continue;
      }
      if (this.#headLength === 0) at = this.#sink.takeMessages(chunk, at);
      at += this.#readHead(chunk, at);
      if (this.#headLength < HEAD_SIZE) break;
      this.#headLength = 0;
      if (!this.#beginMessage()) return Buffer.concat([this.#head, chunk.subarray(at)]);
    }
    return undefined;
  }

  #readHead(chunk: Buffer, at: number): number {
    const copied = chunk.copy(this.#head, this.#headLength, at);
    this.#headLength += copied;
    return copied;
  }

  /** False when the message does not belong to a COPY any more. */
  #beginMessage(): boolean {
    const type = this.#head[0]!;
    const length = this.#head.readInt32BE(1) - LENGTH_SIZE;
    if (length < 0) throw new PermafrostError('protocol', 'a message of the server has a negative length');
    if (type === COPY_DATA) this.#target = this.#sink.takePayload;
    else if (MESSAGES_OF_A_COPY.has(type)) {
      this.#target = this.#driver;
      this.#driver(this.#head);
    } else return false;
    this.#left = length;
    return true;
  }
}
