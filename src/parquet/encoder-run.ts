import { util } from 'apache-arrow';
import type { RecordBatch, Schema } from 'apache-arrow';
import { PermafrostError } from '../errors.ts';

/**
 * One run of an encoder: it makes one Parquet file, of which the sink gets all but the last piece. What the sink throws
 * is what `write` or `finish` throws. Exactly one of `finish` and `abort` ends it.
 */
export interface EncoderRun {
  write(batch: RecordBatch): Promise<void>;
  /** Gives the last piece, which has the whole footer. Checks that the file's own count is the count of rows written. */
  finish(): Promise<Uint8Array>;
  /** Never throws. */
  abort(reason: unknown): Promise<void>;
}

export type RunOptions = {
  readonly compression: 'zstd' | 'snappy' | 'uncompressed';
  readonly rowGroupBytes: number;
  /** Names of columns of which nothing may be told. */
  readonly withoutStatistics: ReadonlySet<string>;
  /** Names of columns where a dictionary does not pay. */
  readonly withoutDictionary: ReadonlySet<string>;
};

/** Fails for a batch of another schema than the file's, of which it would be a part that cannot be read. */
export function checkSchema(batch: RecordBatch, schema: Schema): void {
  if (batch.schema === schema) return;
  if (!util.compareSchemas(batch.schema, schema) || String(batch.schema) !== String(schema)) {
    throw new PermafrostError('unexpected', 'a batch has another schema than the Parquet file it is for');
  }
}
