import { ALL_BLOCKS, type BlockRange, whereBlocks } from '../block-range.ts';
import { lockTable, unlockTable } from '../lock-table.ts';
import { quoteTable } from '../quote.ts';
import type { Session } from '../session.ts';
import type { TableDescription } from '../table-description.ts';

/**
 * Where the row stands (its ctid) that a COPY of the table, or of a chunk of it, would give after `rowsBefore` others;
 * undefined where there is none. Reads the table up to there, but no value of it. For a session that has locked the table: its transaction may
 * have been ended by an error since, and goes on from before the lock.
 */
export async function findRowPlace(
  session: Session,
  table: TableDescription,
  rowsBefore: number,
  chunk: BlockRange = ALL_BLOCKS,
): Promise<string | undefined> {
  const label = `${table.schema}.${table.name}`;
  await unlockTable(session, label);
  await lockTable(session, table);
  const [row] = await session.query(
    `SELECT ctid FROM ONLY ${quoteTable(table)}${whereBlocks(chunk)} OFFSET ${rowsBefore} LIMIT 1`,
    [],
    `looking for a row of ${label}`,
  );
  return row?.['ctid'] ?? undefined;
}
