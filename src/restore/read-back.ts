import { isDeepStrictEqual } from 'node:util';
import { mapColumns } from '../archive/mapped-column.ts';
import { PermafrostError } from '../errors.ts';
import { copyStatement, copyTable } from '../postgres/copy/copy-stream.ts';
import { describeTable } from '../postgres/describe-table.ts';
import { quoteTable } from '../postgres/quote.ts';
import type { Session } from '../postgres/session.ts';
import { RowSetHash } from '../postgres/copy/row-set-hash.ts';
import { TupleHash } from '../postgres/copy/tuple-hash.ts';
import type { WireColumn } from '../postgres/copy/wire-column.ts';
import type { FrozenTable } from './frozen-table.ts';
import { partsOf, wireColumnsOf } from './read-frozen-rows.ts';

export type ReadBack = {
  readonly rows: number;
  /** What a night would record of the table as it stands. */
  readonly rowsHash: string;
  /** RowSetHash of the same tuples. */
  readonly rowSetHash: string | undefined;
};

const BATCH_BYTES = 4 * 2 ** 20;
const STALL_MS = 5 * 60_000;

/**
 * Reads a restored table as a night would archive it. Its rows need not stand in the order in which they were loaded:
 * then only the hash of their set can be compared, which takes longer and is made when it is asked for.
 * Errors: those of copyTable and mapColumns; `integrity` where a column would be read as another type.
 */
export async function readBack(
  session: Session,
  table: FrozenTable,
  options: { readonly withRowSet: boolean; readonly signal?: AbortSignal },
): Promise<ReadBack> {
  const doing = `reading back ${table.schema}.${table.name}`;
  const columns = await readableColumns(session, table, doing);
  const hash = new TupleHash(partsOf(table));
  const rowSet = options.withRowSet ? new RowSetHash() : undefined;
  const select = `SELECT ${columns.map(({ expression }) => expression).join(', ')} FROM ONLY ${quoteTable(table)}`;
  const batches = copyTable(session.client, copyStatement(select), columns, {
    batchBytes: BATCH_BYTES,
    doing,
    stallTimeoutMs: STALL_MS,
    // Equal tuples decode to equal values.
    tuplesOnly: true,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    hash: (bytes) => {
      hash.update(bytes);
      rowSet?.update(bytes);
    },
  });
  for (;;) {
    const next = await batches.next();
    if (next.done !== true) continue;
    return { rows: next.value.rows, rowsHash: hash.digest(), rowSetHash: rowSet?.digest() };
  }
}

/** The archived columns, as the restored table has them. */
async function readableColumns(
  session: Session,
  table: FrozenTable,
  doing: string,
): Promise<readonly WireColumn[]> {
  const { columns } = await describeTable(session, table);
  const mapped = new Map(mapColumns(columns, table.contractVersion).map((column) => [column.name, column]));
  return wireColumnsOf(table).map((archived) => {
    const found = mapped.get(archived.name);
    if (found !== undefined && isDeepStrictEqual(found.wire, archived.wire)) {
      return { ...archived, expression: found.expression };
    }
    throw new PermafrostError(
      'integrity',
      `${doing}: the column ${archived.name} is not as it was archived`,
      {
        cure: 'restore into an empty database',
      },
    );
  });
}
