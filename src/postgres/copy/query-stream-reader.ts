import type pg from 'pg';
import QueryStream from 'pg-query-stream';
import { PermafrostError } from '../../errors.ts';
import type { DecodedBatch } from './batch-builder.ts';
import type { CopyResult } from './copy-stream.ts';
import { mapDatabaseError } from '../error-mapping.ts';
import { SpecialCells, SpecialValueFound } from './special-value.ts';
import { buildColumn } from './text-columns.ts';
import type { WireColumn } from './wire-column.ts';

export type QueryReaderOptions = {
  /** About how many bytes of text a batch is made of. */
  readonly batchBytes: number;
  /** Begins the message of an error: "reading public.orders". */
  readonly doing: string;
  readonly signal?: AbortSignal;
  /** Rows and bytes of text so far. */
  readonly onProgress?: (rows: number, bytes: number) => void;
};

type TextRow = readonly (string | null)[];

const ROWS_PER_FETCH = 1000;
/** What a value costs besides its text. */
const CELL_OVERHEAD = 8;

/**
 * Runs a query and gives its rows as `copyTable` does, but reads Postgres' text output through a cursor and shares no
 * decoding code with it: each of the two is the other's witness. It is many times slower.
 * The session must use DateStyle ISO, TimeZone UTC, bytea_output hex. Columns correspond to the query's by position.
 */
export async function* readQuery(
  client: pg.Client,
  query: string,
  columns: readonly WireColumn[],
  options: QueryReaderOptions,
): AsyncGenerator<DecodedBatch, CopyResult> {
  const { doing, signal, onProgress } = options;
  const specials = columns.map(() => new SpecialCells());
  let waiting: TextRow[] = [];
  let waitingBytes = 0;
  let rows = 0;
  let bytes = 0;
  const complete = (): DecodedBatch => {
    const batch = buildBatch(columns, specials, waiting);
    waiting = [];
    waitingBytes = 0;
    return batch;
  };
  const stream = openStream(client, query);
  try {
    for await (const row of stream) {
      if (signal?.aborted === true) throw new PermafrostError('cancelled', `${doing}: stopped`);
      const cells = checkedRow(row, columns.length);
      const size = cells.reduce((sum, text) => sum + CELL_OVERHEAD + (text?.length ?? 0), 0);
      waiting.push(cells);
      waitingBytes += size;
      bytes += size;
      rows++;
      if (rows % ROWS_PER_FETCH === 0) onProgress?.(rows, bytes);
      if (waitingBytes >= options.batchBytes) yield complete();
    }
    if (waiting.length > 0) yield complete();
    const specialCells = columns.flatMap(({ name }, index) => {
      const cells = specials[index]?.total ?? 0;
      return cells > 0 ? [{ column: name, cells }] : [];
    });
    return { rows, bytes, specialCells };
  } catch (error) {
    throw mapDatabaseError(error, doing);
  }
}

/** Every value stays the text that the server sent: pg's own parsers lose digits, microseconds and infinities. */
function openStream(client: pg.Client, query: string): AsyncIterable<unknown> {
  return client.query(
    new QueryStream(query, [], {
      batchSize: ROWS_PER_FETCH,
      rowMode: 'array',
      types: { getTypeParser: () => (value: unknown) => value },
    }),
  );
}

function checkedRow(row: unknown, length: number): TextRow {
  const isRow = (value: unknown): value is TextRow => Array.isArray(value) && value.length === length;
  if (!isRow(row))
    throw new PermafrostError('protocol', `a row does not have the ${length} columns of its table`);
  return row;
}

function buildBatch(
  columns: readonly WireColumn[],
  specials: readonly SpecialCells[],
  rows: readonly TextRow[],
): DecodedBatch {
  const data = columns.flatMap(({ wire, companion }, index) => {
    const cells = specials[index]!;
    const texts = rows.map((row) => row[index] ?? null);
    const column = buildColumn(wire, texts, (row) => cells.add(row, texts[row] ?? ''));
    return companion ? [column, cells.take(rows.length)] : [column];
  });
  const refused = columns.filter(({ companion }, index) => !companion && specials[index]!.total > 0);
  if (refused.length > 0) throw new SpecialValueFound(refused.map(({ name }) => name));
  return {
    rows: rows.length,
    bytes: data.reduce((sum, column) => sum + column.byteLength, 0),
    columns: data,
  };
}
