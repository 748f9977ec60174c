import { setImmediate } from 'node:timers/promises';
import type { RecordBatch, Schema } from 'apache-arrow';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { type FooterSummary, readFooter } from '../../src/parquet/parquet-footer.ts';
import { createParquetWriter, defaultParquetOptions } from '../../src/parquet/parquet-writer.ts';
import type { ParquetWriterOptions } from '../../src/parquet/parquet-writer.ts';

/** The whole file as bytes. */
export async function writeFile(
  schema: Schema,
  batches: readonly RecordBatch[],
  options: Partial<ParquetWriterOptions> = {},
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const writer = createParquetWriter(schema, { ...defaultParquetOptions, ...options }, async (bytes) => {
    // As a disk does it: whoever does not wait for it has lost what is in the memory.
    await setImmediate();
    chunks.push(Buffer.from(bytes));
    // Whoever goes on reading it later reads this.
    bytes.fill(0xff);
  });
  for (const batch of batches) await writer.write(batch);
  await writer.finish();
  return new Uint8Array(Buffer.concat(chunks));
}

export function footerOf(file: Uint8Array): Promise<FooterSummary> {
  return readFooter({
    bytes: file.byteLength,
    getRange: async (start, end) => file.subarray(start, end),
  });
}

/** Rows as hyparquet reads them, dates in days, timestamps in µs. Binary comes as text and a null list as undefined. */
export function readRows(file: Uint8Array): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({
    file: {
      byteLength: file.byteLength,
      slice: (start, end) => file.slice(start, end).buffer,
    },
    compressors,
    utf8: false,
    parsers: {
      stringFromBytes: (bytes: Uint8Array) => Buffer.from(bytes).toString(),
      dateFromDays: (days: number) => days,
      timestampFromMicroseconds: (micros: bigint) => micros,
    },
  });
}
