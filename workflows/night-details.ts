import type { NightProgress, TableStanding } from '../src/temporal/night-progress.ts';

/** Rows of the Markdown table; the rest is counted in one line. */
const shownTables = 60;

/** What needs attention comes first. */
const order: readonly TableStanding['status'][] = ['failed', 'running', 'waiting', 'archived'];

/** The night as Markdown for the Temporal UI, bounded however many tables there are. */
export function describeNight(progress: NightProgress, note: string): string {
  const { tables } = progress;
  const sorted = order.flatMap((status) => tables.filter((table) => table.status === status));
  const hidden = tables.length - shownTables;
  return [
    `**Night ${progress.night}** of \`${progress.set}\`: ${progress.stage}`,
    summarize(tables),
    ...progress.consistencyGroups.map(
      (group) =>
        `Group ${group.letter}: snapshot \`${group.snapshotId}\` at LSN ${group.lsn}, ${group.exportedAt}`,
    ),
    tables.length === 0 ? '' : tableOf(sorted.slice(0, shownTables)),
    hidden > 0 ? `… and ${hidden} more tables` : '',
    note,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function summarize(tables: readonly TableStanding[]): string {
  if (tables.length === 0) return '';
  const counts = order
    .map((status) => ({ status, count: tables.filter((table) => table.status === status).length }))
    .filter(({ count }) => count > 0)
    .map(({ status, count }) => `${count} ${status}`);
  return `${tables.length} tables: ${counts.join(', ')}`;
}

function tableOf(tables: readonly TableStanding[]): string {
  return [
    '| table | status | rows | bytes | snapshot id | metadata | group |',
    '|---|---|--:|--:|---|--:|---|',
    ...tables.map((table) =>
      cells(
        table.table,
        table.failure === undefined ? table.status : `${table.status}: ${table.failure}`,
        table.rows?.toLocaleString('en-US'),
        table.bytes?.toLocaleString('en-US'),
        table.snapshotId,
        table.metadataVersion === undefined ? undefined : `v${table.metadataVersion}`,
        table.consistencyGroup,
      ),
    ),
  ].join('\n');
}

function cells(...values: readonly (string | undefined)[]): string {
  return `| ${values.map((value) => escapeCell(value ?? '')).join(' | ')} |`;
}

/** Table names are any text: they must not break out of their cell. */
function escapeCell(text: string): string {
  const line = text.replace(/\s+/g, ' ').replace(/[\\|`*_<>[\]]/g, (sign) => `\\${sign}`);
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
