import type { ArchivedColumn } from '../archive/archived-ddl.ts';
import { type CellPrinter, createCellPrinter } from '../postgres/copy/cell-text.ts';
import type { FrozenTable } from './frozen-table.ts';
import type { FrozenBatch } from './read-frozen-rows.ts';

/** Lines of about this size are written at once. */
const PIECE_CHARACTERS = 64 * 1024;

/** Columns that a COPY takes: a table computes generated ones again. */
export function csvColumns({ ddl }: FrozenTable): readonly ArchivedColumn[] {
  return ddl.columns.filter(({ generated }) => !generated);
}

/**
 * The rows as Postgres' COPY … (FORMAT csv, HEADER) reads them: NULL is nothing at all, an empty text is `""`. A
 * companion has no column of its own here: its cells are the texts of the column itself.
 */
export async function* csvOf(
  table: FrozenTable,
  batches: AsyncIterable<FrozenBatch>,
): AsyncGenerator<Buffer> {
  yield Buffer.from(
    `${csvColumns(table)
      .map(({ name }) => quote(name))
      .join(',')}\n`,
  );
  for await (const batch of batches) yield* linesOf(printersOf(table, batch), batch.rows);
}

function printersOf({ ddl }: FrozenTable, { columns }: FrozenBatch): readonly CellPrinter[] {
  let next = 0;
  return ddl.columns.flatMap(({ wire, generated, companionFieldId }) => {
    const column = columns[next++]!;
    const companion = companionFieldId === undefined ? undefined : columns[next++];
    return generated ? [] : [createCellPrinter(wire, column, companion)];
  });
}

function* linesOf(printers: readonly CellPrinter[], rows: number): Generator<Buffer> {
  let text = '';
  for (let row = 0; row < rows; row++) {
    text += `${printers.map((print) => cell(print(row))).join(',')}\n`;
    if (text.length < PIECE_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

function cell(text: string | null): string {
  return text === null ? '' : quote(text);
}

/**
 * `\.` alone ends the data for older versions, and on a line of its own for psql before 18 even within quotes: these
 * are left and entered again around the backslash.
 */
function quote(text: string): string {
  const plain = text !== '' && text !== String.raw`\.` && !/[",\n\r]/.test(text);
  if (plain) return text;
  return `"${text.replaceAll('"', '""').replaceAll(/(?<=\n)\\\.(?=\r?\n)/g, String.raw`"\".`)}"`;
}
