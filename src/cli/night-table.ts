import {
  type ArchivedTable,
  type DrillResult,
  type NightFailure,
  type NightResult,
  type ReportOutcome,
  tableLabel,
  type TableResult,
  unlikeLakeName,
} from '../archive/night.ts';
import { addSeconds } from '../archive/stage-seconds.ts';
import { describeStages } from '../stage-words.ts';
import { formatBytes, formatCount, formatInstant, formatQuantity, formatSeconds } from '../quantity.ts';
import { printable } from './printable.ts';
import { layOutTable } from './text-table.ts';

/** The night as a table for people: one line per table, failures with their cure below. */
export function printNight(result: NightResult): string {
  const table = layOutTable(
    [
      { title: 'table', align: 'left' },
      { title: 'rows', align: 'right' },
      { title: 'bytes', align: 'right' },
      { title: 'seconds', align: 'right' },
      { title: 'snapshot id', align: 'right' },
      { title: 'metadata', align: 'right' },
    ],
    result.tables.map(toRow),
  );
  const body = result.failure === undefined ? [table, ''] : [];
  return [...body, ...notes(result), ...timeLines(result), summarise(result)].join('\n');
}

function toRow(table: TableResult): readonly string[] {
  if (table.kind === 'failed') return [tableLabel(table), 'NOT ARCHIVED', '', '', table.code, ''];
  return [
    tableLabel(table),
    formatCount(table.rows),
    formatBytes(table.bytes),
    formatSeconds(table.seconds),
    table.snapshotId,
    `v${table.metadataVersion}`,
  ];
}

function notes(result: NightResult): readonly string[] {
  const lines = result.tables.flatMap((table) =>
    table.kind === 'failed'
      ? []
      : [
          ...lakeNameLines(table),
          ...table.schemaChanges.map((change) => `· ${tableLabel(table)}: ${change}`),
          ...(table.warnings ?? []).map((warning) => `! ${tableLabel(table)}: ${warning}`),
          ...table.unreadSequences.map((name) => `· ${name}: value not archived, for want of SELECT on it`),
          ...table.specialValues.map(
            (special) =>
              `· ${tableLabel(table)}: ${formatQuantity(special.cells, 'value')} of ${special.column} kept as text in ${special.companion}`,
          ),
        ],
  );
  const whole = result.failure === undefined ? [] : [failureLine('the whole night', result.failure)];
  const missing = result.missing.map((name) => `✗ ${name}: not in the source`);
  const excluded = result.excluded.map((table) => `· ${tableLabel(table)} left out: ${table.rule}`);
  const groups =
    result.consistencyGroups.length > 1
      ? [`· the night was read under ${result.consistencyGroups.length} Postgres snapshots`]
      : [];
  const late = result.late
    ? [
        `· recorded late: the tables hold the state of ${formatInstant(result.startedAt)}, not of ${result.night}`,
      ]
    : [];
  const all = [
    ...whole,
    ...failures(result),
    ...missing,
    ...drillLines(result.drill),
    ...(result.warnings ?? []).map((warning) => `! ${warning}`),
    ...lines,
    ...groups,
    ...late,
    ...excluded,
  ];
  return all.length === 0 ? [] : [...all.map(printable), ''];
}

function lakeNameLines(table: ArchivedTable): readonly string[] {
  const name = unlikeLakeName(table);
  return name === undefined ? [] : [`· ${tableLabel(table)}: ${name} in the lake`];
}

/** What the drill brought back, and what it did not. */
export function drillLines(drill: DrillResult | undefined): readonly string[] {
  if (drill === undefined) return [];
  if (drill.kind === 'not-run') return [failureLine('the drill could not run', drill)];
  const tables = drill.tables.map(({ table, chosenAs, rows, seconds, refused, failure }) => {
    if (failure !== undefined) return failureLine(`drill: ${table} (${chosenAs}) did not come back`, failure);
    const without = refused.map((what) => `; without ${what}`).join('');
    return `✓ drill: ${table} (${chosenAs}) came back, ${formatQuantity(rows, 'row')} in ${formatSeconds(seconds)} s${without}`;
  });
  return [...tables, `· drill: evidence in ${drill.evidence}`];
}

/** Tables that failed for the same reason share a line. */
function failures(result: NightResult): readonly string[] {
  const failed = result.tables.filter((table) => table.kind === 'failed');
  const alike = Map.groupBy(failed, ({ message, cure }) => JSON.stringify([message, cure]));
  return [...alike.values()].flatMap((tables) => {
    const [first] = tables;
    return first === undefined ? [] : [failureLine(tables.map(tableLabel).join(', '), first)];
  });
}

function failureLine(what: string, { message, cure }: NightFailure): string {
  return `✗ ${what}: ${message}${cure === undefined ? '' : ` → ${cure}`}`;
}

/** Where the time of all tables went; nothing where no table was read. */
function timeLines({ tables }: NightResult): readonly string[] {
  const stages = tables.flatMap((table) => (table.kind === 'failed' ? [] : (table.stages ?? [])));
  return stages.length === 0 ? [] : [describeStages(addSeconds(stages))];
}

function summarise(result: NightResult): string {
  if (result.failure !== undefined) return `night ${result.night} of ${result.set}: nothing was archived`;
  const archived = result.tables.filter((table) => table.kind === 'archived');
  const rows = archived.reduce((sum, table) => sum + table.rows, 0);
  const bytes = archived.reduce((sum, table) => sum + table.bytes, 0);
  const seconds = (Date.parse(result.finishedAt) - Date.parse(result.startedAt)) / 1000;
  const wanted = result.tables.length + result.missing.length;
  return `night ${result.night} of ${result.set}: ${archived.length} of ${wanted} tables archived, ${formatCount(rows)} rows, ${formatBytes(bytes)}, ${formatSeconds(seconds)} s`;
}

/** Where the report went, as one line. */
export function describeDelivery(delivery: ReportOutcome): string {
  if (delivery.kind === 'not-sent') {
    const kept = delivery.files.length === 0 ? '' : `\n  written instead: ${delivery.files.join('  ')}`;
    return `${failureLine('the report was not sent', delivery)}${kept}`;
  }
  if (delivery.kind === 'written') return `e-mail written: ${delivery.files.join('  ')}`;
  const refused = delivery.refused.length === 0 ? '' : `, refused for ${delivery.refused.join(', ')}`;
  return `e-mail sent to ${delivery.to.join(', ')}${refused}`;
}
