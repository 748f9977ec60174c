import type { Schema } from 'apache-arrow';
import type * as ParquetWasm from 'parquet-wasm';
import type { RunOptions } from './encoder-run.ts';

const compressions = { zstd: 'ZSTD', snappy: 'SNAPPY', uncompressed: 'UNCOMPRESSED' } as const;

/** The options of a run as the encoder in WebAssembly takes them. */
export function wasmProperties(
  { Compression, EnabledStatistics, WriterPropertiesBuilder }: typeof ParquetWasm,
  schema: Schema,
  options: RunOptions,
): ParquetWasm.WriterProperties {
  // None by default: statistics of list elements serve nobody, and elements cannot be named here.
  let builder = new WriterPropertiesBuilder()
    .setCompression(Compression[compressions[options.compression]])
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
