import { ALL_BLOCKS, type BlockRange } from '../postgres/block-range.ts';
import type { TableDescription } from '../postgres/table-description.ts';

/** Smaller chunks are read sooner than a second stream is ready. */
const SMALLEST_CHUNK_BYTES = 64 * 2 ** 20;

/** Makes Parquet files of about a third of it, which is what engines like to read. */
const LARGEST_CHUNK_BYTES = 2 ** 30;

/**
 * Cuts a table into chunks that can be read at the same time under one snapshot, in the order of its rows: as many as
 * there are streams, unless they would be very small or very large. Where rows cannot be found by their place, the table
 * is one chunk.
 */
export function planChunks(
  { bytes, heapBlocks }: Pick<TableDescription, 'bytes' | 'heapBlocks'>,
  streams: number,
): readonly BlockRange[] {
  const worthwhile = Math.min(streams, Math.floor(bytes / SMALLEST_CHUNK_BYTES));
  const wanted = Math.max(worthwhile, Math.ceil(bytes / LARGEST_CHUNK_BYTES));
  const count = Math.min(wanted, heapBlocks);
  if (count <= 1) return [ALL_BLOCKS];
  const cut = (index: number) => Math.round((index * heapBlocks) / count);
  // Both ends are open: the size is that of now, and the rows are those of the snapshot.
  return Array.from({ length: count }, (_, index) => ({
    from: cut(index),
    to: index === count - 1 ? undefined : cut(index + 1),
  }));
}

/** How many streams the tables of a night can be read in at the same time, at the most. */
export function usefulStreams(tables: readonly { readonly estimatedBytes: number }[]): number {
  const streams = tables.map(({ estimatedBytes }) =>
    Math.max(1, Math.floor(estimatedBytes / SMALLEST_CHUNK_BYTES)),
  );
  return streams.reduce((sum, count) => sum + count, 0);
}
