import type { SpecialCellCount } from '../postgres/copy/batch-builder.ts';
import { hashOfParts } from '../postgres/copy/tuple-hash.ts';
import type { ExportPool, ExportRunOptions } from './export-pool.ts';
import type { ExportedFile, ExportOutcome, ExportRequest, SpecialValuesFound } from './export-request.ts';

/** A table that was streamed into one data file for each of its chunks, in the order of its rows. */
export type ExportedTable = {
  readonly kind: 'exported';
  readonly files: readonly ExportedFile[];
  readonly rows: number;
  /** Bytes received from Postgres. */
  readonly bytes: number;
  /** That of the file, or where there are several, of all their hashes; see TupleHash. */
  readonly rowsHash: string;
  /** Columns with cells that a companion keeps, in table order. */
  readonly specialCells: readonly SpecialCellCount[];
};

/**
 * Streams the chunks of one table, as many at a time as the pool has threads for. The first that cannot go on stops the
 * others; what is thrown is its error. Files of those that had ended stay, and nothing refers to them.
 */
export async function exportChunks(
  chunks: readonly ExportRequest[],
  pool: ExportPool,
  { signal, onProgress }: ExportRunOptions,
): Promise<ExportedTable | SpecialValuesFound> {
  const stop = new AbortController();
  let failure: { readonly error: unknown } | undefined;
  const progress = chunks.map(() => ({ rows: 0, bytes: 0 }));
  const run = async (chunk: ExportRequest, index: number): Promise<ExportOutcome | undefined> => {
    try {
      const outcome = await pool.run(chunk, {
        signal: AbortSignal.any([signal, stop.signal]),
        onProgress(rows, bytes) {
          progress[index] = { rows, bytes };
          onProgress(sum(progress, 'rows'), sum(progress, 'bytes'));
        },
      });
      if (outcome.kind !== 'exported') stop.abort();
      return outcome;
    } catch (error) {
      if (!stop.signal.aborted) failure = { error };
      stop.abort();
      return undefined;
    }
  };
  const outcomes = (await Promise.all(chunks.map(run))).filter((outcome) => outcome !== undefined);
  if (failure !== undefined) throw failure.error;
  const found = outcomes.flatMap((outcome) => (outcome.kind === 'exported' ? [] : outcome.columns));
  if (found.length > 0) return { kind: 'special-values', columns: [...new Set(found)] };
  return join(outcomes.flatMap((outcome) => (outcome.kind === 'exported' ? [outcome] : [])));
}

function join(files: readonly ExportedFile[]): ExportedTable {
  return {
    kind: 'exported',
    files,
    rows: sum(files, 'rows'),
    bytes: sum(files, 'bytes'),
    rowsHash: hashOfParts(files.map(({ rowsHash }) => rowsHash)),
    specialCells: addSpecialCells(files.flatMap(({ specialCells }) => specialCells)),
  };
}

function addSpecialCells(counts: readonly SpecialCellCount[]): readonly SpecialCellCount[] {
  const cells = new Map<string, number>();
  for (const count of counts) cells.set(count.column, (cells.get(count.column) ?? 0) + count.cells);
  return [...cells].map(([column, count]) => ({ column, cells: count }));
}

function sum<Key extends string>(items: readonly Readonly<Record<Key, number>>[], key: Key): number {
  return items.reduce((total, item) => total + item[key], 0);
}
