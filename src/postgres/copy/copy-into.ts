import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type LoadStepOptions, runLoadStep } from '../load/load-step.ts';

/** Each piece becomes one message; the server gathers a whole one before it looks at it. */
const LARGEST_MESSAGE = 2 ** 20;

/**
 * Runs a COPY … FROM STDIN with these chunks, cut anywhere, and gives the rows that the server took. The chunks are
 * asked for only as fast as the server takes them. When it fails, the server has ended the COPY and takes the next
 * statement; in a transaction that can only be ROLLBACK.
 * Errors: those of runLoadStep, and those of the chunks.
 */
export async function copyInto(
  client: pg.Client,
  sql: string,
  chunks: AsyncIterable<Buffer>,
  options: LoadStepOptions,
): Promise<number> {
  return runLoadStep(client, options, async () => {
    const stream = client.query(copyFrom(sql));
    await pipeline(messagesOf(chunks), stream, { signal: options.signal });
    return stream.rowCount;
  });
}

async function* messagesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += LARGEST_MESSAGE) {
      yield chunk.subarray(at, at + LARGEST_MESSAGE);
    }
  }
}
