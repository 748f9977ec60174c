import type pg from 'pg';
import { PermafrostError } from '../../errors.ts';
import { type LoadStepOptions, runLoadStep } from '../load/load-step.ts';
import { CopyWriter } from './copy-writer.ts';

export type CopyIntoOptions = LoadStepOptions & {
  /** Gets each piece back as soon as its memory may be written again. */
  readonly onSent?: (piece: Buffer) => void;
};

/**
 * Runs a COPY … FROM STDIN with these pieces of whole CopyData messages, and gives the rows that the server took. Pieces
 * are asked for only as fast as the server takes them, and are written over. When it fails, the server has ended the COPY and takes the next
 * statement; in a transaction that can only be ROLLBACK.
 * Errors: those of runLoadStep, and those of the pieces.
 */
export async function copyInto(
  client: pg.Client,
  sql: string,
  pieces: AsyncGenerator<Buffer>,
  options: CopyIntoOptions,
): Promise<number> {
  const { doing, signal, onSent } = options;
  return runLoadStep(client, options, async () => {
    const copy = new CopyWriter(sql);
    const onAbort = (): void => copy.fail(new PermafrostError('cancelled', `${doing}: stopped`));
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await copy.begin(client);
      for (let next = await copy.until(pieces.next()); next.done !== true;) {
        await copy.send(next.value);
        onSent?.(next.value);
        next = await copy.until(pieces.next());
      }
      return await copy.finish();
    } catch (error) {
      await copy.abandon();
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      // It may be in the middle of a step, which nobody waits for.
      pieces.return(undefined).catch(() => undefined);
    }
  });
}
