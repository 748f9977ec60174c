import type pg from 'pg';
import { PermafrostError } from '../../errors.ts';
import { COPY_DATA_HEAD_SIZE, joinMessages, writeCopyDataHead } from './copy-data.ts';

/** The server gathers a whole message before it looks at it. */
const LARGEST_MESSAGE = 2 ** 20;
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);
/** With an empty reason: we have our own. */
const COPY_FAIL = Buffer.from([0x66, 0, 0, 0, 5, 0]);

/**
 * One COPY … FROM STDIN on a connection of pg. What is sent goes to the socket from where it stands, and each step
 * waits until it is through: the sender is as slow as the server, and has its memory back. Every step fails as soon
 * as the COPY does.
 */
export class CopyWriter implements pg.Submittable {
  readonly #sql: string;
  #connection: pg.Connection | undefined;
  #rows = 0;
  #error: unknown;
  #ended = false;
  #interrupt: (error: unknown) => void = () => undefined;
  readonly #begun = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<void>();

  constructor(sql: string) {
    this.#sql = sql;
  }

  /** Resolves when the server takes tuples. */
  begin(client: pg.Client): Promise<void> {
    client.query(this);
    return this.until(this.#begun.promise);
  }

  /** Sends whole CopyData messages, and writes over them; one that is longer than a message should be comes alone. */
  async send(messages: Buffer): Promise<void> {
    if (messages.length <= LARGEST_MESSAGE) return this.#write(joinMessages(messages));
    for (let at = COPY_DATA_HEAD_SIZE; at < messages.length; at += LARGEST_MESSAGE) {
      const part = messages.subarray(at, at + LARGEST_MESSAGE);
      // In one step: what ends the COPY early must not come between them.
      this.#connection?.stream.write(messageHead(part.length));
      await this.#write(part);
    }
  }

  /** Ends the COPY; gives the rows that the server took. */
  async finish(): Promise<number> {
    await this.#write(COPY_DONE);
    await this.until(this.#end.promise);
    return this.#rows;
  }

  /** Waits for something that tuples come from. */
  until<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      promise.then(resolve, reject);
      if (this.#error !== undefined) reject(this.#error);
    });
  }

  /** Lets the step that is under way, and all that follow, fail. */
  fail(error: unknown): void {
    this.#error ??= error;
    this.#interrupt(this.#error);
  }

  /** Takes back what was sent; resolves when the connection is free again. Never rejects. */
  async abandon(): Promise<void> {
    if (this.#ended) return;
    this.#connection?.stream.write(COPY_FAIL);
    await this.#end.promise;
  }

  /** Called by pg when it is this statement's turn. */
  submit(connection: pg.Connection): Error | undefined {
    if (this.#error !== undefined) return new PermafrostError('cancelled', 'stopped before it began');
    this.#connection = connection;
    connection.query(this.#sql);
    return undefined;
  }

  handleCopyInResponse(): void {
    this.#begun.resolve();
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#rows = Number(/^COPY (\d+)$/.exec(message.text)?.[1] ?? 0);
  }

  handleError(error: unknown): void {
    this.#finish();
    this.fail(error);
  }

  handleReadyForQuery(): void {
    this.#finish();
  }

  #finish(): void {
    this.#ended = true;
    this.#end.resolve();
  }

  #write(bytes: Buffer): Promise<void> {
    return this.until(
      new Promise((resolve, reject) => {
        this.#connection?.stream.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    );
  }
}

function messageHead(payloadSize: number): Buffer {
  const head = Buffer.alloc(COPY_DATA_HEAD_SIZE);
  writeCopyDataHead(new DataView(head.buffer, head.byteOffset), 0, payloadSize);
  return head;
}
