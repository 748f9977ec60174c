import type pg from 'pg';
import { PermafrostError } from '../../errors.ts';
import type { DecodedBatch, SpecialCellCount } from './batch-builder.ts';
import { createCopyDecoder } from './copy-decoder.ts';
import { CopyReader } from './copy-reader.ts';
import { mapDatabaseError } from '../error-mapping.ts';
import { unreadableRow } from './unreadable-row.ts';
import type { WireColumn } from './wire-column.ts';

export type CopyTableOptions = {
  /** About how many bytes of Arrow data a batch holds. */
  readonly batchBytes: number;
  /** Begins the message of an error: "reading public.orders". */
  readonly doing: string;
  /**
   * True: a batch is written over, and the last one emptied, once the next is asked for. Otherwise all but those of a long
   * row may be kept.
   */
  readonly reusesMemory?: boolean;
  /** How long the server may be silent while we wait for it; the connection is cut then. */
  readonly stallTimeoutMs: number;
  readonly signal?: AbortSignal;
  /** Rows decoded and bytes received so far; called for every piece of a few KiB to 256, so it must be quick. */
  readonly onProgress?: (rows: number, bytes: number) => void;
  /** Milliseconds that it took to take apart what came; they pass while the next batch is waited for. */
  readonly onDecoded?: (milliseconds: number) => void;
  /** Sees every tuple once, in order, for a hash of the content; see CopyDecoderOptions.onTuples. */
  readonly hash?: (bytes: Uint8Array) => void;
  /** For whoever wants nothing but that hash; see CopyDecoderOptions.tuplesOnly. */
  readonly tuplesOnly?: boolean;
};

export type CopyResult = {
  /** Rows decoded; the server's own count was the same. */
  readonly rows: number;
  /** Bytes that the server sent. */
  readonly bytes: number;
  /** Columns that have special cells, in table order. */
  readonly specialCells: readonly SpecialCellCount[];
};

/** The COPY of what a SELECT gives, in the format that `copyTable` reads. */
export function copyStatement(select: string): string {
  return `COPY (${select}) TO STDOUT (FORMAT binary)`;
}

/**
 * Runs a COPY and gives its rows in batches; memory is bounded by about two of them. The server waits while the caller
 * is busy. Leaving early, by `return`, an error or the signal, cancels the COPY on the server (which ends a transaction,
 * not the session) and leaves the client free.
 * Errors: `protocol`, `integrity` (the server counted other rows), `value-unrepresentable` (SpecialValueFound, text
 * that is not UTF-8), `cancelled`, UnreadableRow, and those of the server.
 */
export async function* copyTable(
  client: pg.Client,
  sql: string,
  columns: readonly WireColumn[],
  options: CopyTableOptions,
): AsyncGenerator<DecodedBatch, CopyResult> {
  const { doing, signal, stallTimeoutMs, onProgress, onDecoded, batchBytes, tuplesOnly } = options;
  const decoder = createCopyDecoder(columns, { batchBytes, tuplesOnly, onTuples: options.hash });
  const reader = new CopyReader({ client, sql, decoder, stallTimeoutMs, onProgress, onDecoded });
  const onAbort = (): void => reader.fail(new PermafrostError('cancelled', `${doing}: stopped`));
  const takeBack = (batch: DecodedBatch): void => {
    if (options.reusesMemory === true || batch.memory !== undefined) decoder.giveBack(batch);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal?.aborted === true) onAbort();
    else client.query(reader);
    for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
      yield batch;
      takeBack(batch);
    }
    const { lastBatch, rows, specialCells } = decoder.finish();
    if (reader.commandRows !== rows) {
      throw new PermafrostError(
        'integrity',
        `${doing}: ${rows} rows decoded, but the server sent ${reader.commandRows}`,
      );
    }
    if (lastBatch !== undefined) {
      yield lastBatch;
      takeBack(lastBatch);
    }
    decoder.release();
    return { rows, bytes: reader.bytes, specialCells };
  } catch (error) {
    throw unreadableRow(error, decoder.rows, doing) ?? mapDatabaseError(error, doing);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await reader.stop();
  }
}
