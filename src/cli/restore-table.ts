import { tableLabel } from '../archive/night.ts';
import { formatCount, formatQuantity, formatSeconds } from '../quantity.ts';
import type { AbsentTable } from '../restore/frozen-table.ts';
import type { LeftOut } from '../restore/left-out.ts';
import type { RestoredTable } from '../restore/restored-table.ts';
import { printable } from './printable.ts';
import { layOutTable } from './text-table.ts';

/** What a restore came to, as `--json` prints it. */
export type RestoreResult = {
  readonly night: string;
  /** `database at host:port`, or the folder. */
  readonly into: string;
  readonly tables: readonly RestoredTable[];
  readonly leftOut: readonly LeftOut[];
  /** Tables of the lake that the night does not hold. */
  readonly absent: readonly AbsentTable[];
  /** The times of the exported snapshots that the tables were read under, oldest first. */
  readonly readAt: readonly string[];
};

/** A line per table, and what the target now lacks. */
export function printRestore(result: RestoreResult): string {
  const { night, into, tables, leftOut, absent, readAt } = result;
  const table = layOutTable(
    [
      { title: 'table', align: 'left' },
      { title: 'rows', align: 'right' },
      { title: 'seconds', align: 'right' },
      { title: 'sha-256 of the rows, as archived', align: 'left' },
    ],
    tables.map((one) => [tableLabel(one), formatCount(one.rows), formatSeconds(one.seconds), one.rowsHash]),
  );
  const rows = tables.reduce((sum, one) => sum + one.rows, 0);
  const lines = [
    ...leftOut.map(({ kind, what, why }) => `${kind === 'refused' ? '✗' : '·'} ${what} left out: ${why}`),
    ...absent.map(
      ({ lakeTable, latestNight }) => `· ${lakeTable} is not in this night; its latest is ${latestNight}`,
    ),
    ...(readAt.length > 1 ? [tellSnapshots(readAt)] : []),
    `${formatQuantity(tables.length, 'table')}, ${formatQuantity(rows, 'row')} of the night ${night} restored into ${into}`,
  ];
  return [table, '', ...lines.map(printable)].join('\n');
}

/** A night of which a part was done again, or whose snapshot was lost, agrees with itself only in parts. */
function tellSnapshots(readAt: readonly string[]): string {
  return `· the tables were read at ${readAt.length} times, ${readAt[0]} to ${readAt.at(-1)}: in between, rows may have changed`;
}
