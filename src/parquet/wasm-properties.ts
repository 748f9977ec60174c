import type { Schema } from 'apache-arrow';
import { Compression, EnabledStatistics, WriterPropertiesBuilder } from 'parquet-wasm';
import type { WriterProperties } from 'parquet-wasm';
import type { RunOptions } from './encoder-run.ts';

const compressions = {
  zstd: Compression.ZSTD,
  snappy: Compression.SNAPPY,
  uncompressed: Compression.UNCOMPRESSED,
} as const;

/** The options of a run as the encoder in WebAssembly takes them. */
export function wasmProperties(schema: Schema, options: RunOptions): WriterProperties {
  // None by default: statistics of list elements serve nobody, and elements cannot be named here.
  let builder = new WriterPropertiesBuilder()
    .setCompression(compressions[options.compression])
    .setMaxRowGroupBytes(options.rowGroupBytes)
    .setStatisticsEnabled(EnabledStatistics.None);
  for (const { name } of schema.fields) {
    if (!options.withoutStatistics.has(name))
      builder = builder.setColumnStatisticsEnabled(name, EnabledStatistics.Chunk);
    if (options.withoutDictionary.has(name)) builder = builder.setColumnDictionaryEnabled(name, false);
  }
  // List elements have no names here either.
  const hasAny = schema.fields.some(({ name }) => !options.withoutDictionary.has(name));
  if (!hasAny) builder = builder.setDictionaryEnabled(false);
  return builder.build();
}
