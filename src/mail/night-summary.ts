import { tableLabel, unlikeLakeName } from '../archive/night.ts';
import type {
  ArchivedTable,
  ConsistencyGroup,
  NightFailure,
  NightResult,
  TableResult,
} from '../archive/night.ts';
import { shortened } from './escape.ts';
import { drillFailuresOf, drillFindingsOf } from './drill-summary.ts';
import type { Failure, Finding } from './night-finding.ts';
import { stageFindingsOf } from './stage-findings.ts';
import { formatBytes, formatCount, formatDuration, formatInstant, formatQuantity } from '../quantity.ts';

/** Together these keep every report well below 1 MB; what is beyond is counted and its place is named. */
const tableLimit = 200;
const otherLimit = 100;
const textLimit = 300;
const warningLimit = 20;

/** What a night comes to, worded once for the text and the HTML part. Nothing in it is escaped yet. */
export type NightSummary = {
  readonly state: 'archived' | 'failed' | 'empty';
  /** `26 of 26 tables archived`. */
  readonly headline: string;
  readonly failures: Limited<Failure>;
  /** What holds for the whole night and must not be missed; empty almost always. */
  readonly warnings: readonly string[];
  readonly totals: readonly Total[];
  /** In the plan's order. */
  readonly tables: Limited<TableResult>;
  /** Tables that the drill could not bring back. */
  readonly drillFailures: Limited<Failure>;
  readonly drill: Limited<Finding>;
  readonly schemaChanges: Limited<Finding>;
  readonly specialValues: Limited<Finding>;
  readonly excluded: Limited<Finding>;
  /** Where the time went. */
  readonly stages: Limited<Finding>;
  readonly groups: readonly GroupSummary[];
  /** Where to look for whatever a list leaves out. */
  readonly wholeList: string;
};

export type Total = { readonly label: string; readonly value: string };

export type GroupSummary = ConsistencyGroup & { readonly tables: number };

export type Limited<T> = { readonly shown: readonly T[]; readonly leftOut: number };

/** Derives everything the report says from the night's result alone. */
export function summarizeNight(result: NightResult): NightSummary {
  const archived = result.tables.filter((table) => table.kind === 'archived');
  const failures = failuresOf(result);
  const drillFailures = drillFailuresOf(result.drill);
  const wanted = archived.length + failures.length;
  const isWhole = failures.length === 0 && drillFailures.length === 0;
  return {
    state: wanted === 0 ? 'empty' : isWhole ? 'archived' : 'failed',
    headline: headlineOf(result, archived.length, wanted),
    failures: limited(failures),
    drillFailures: limited(drillFailures),
    drill: limited(drillFindingsOf(result.drill)),
    warnings: [
      ...lateWarning(result),
      ...consistencyWarning(result),
      ...replacedWarning(archived),
      ...sourceWarnings(result, archived),
    ],
    totals: totalsOf(result, archived, wanted),
    tables: limited(result.tables, tableLimit),
    schemaChanges: limited(archived.flatMap(schemaChangesOf)),
    specialValues: limited(archived.flatMap(specialValuesOf)),
    excluded: limited([
      ...result.excluded.map((table) => ({ table: tableLabel(table), text: table.rule })),
      ...archived.flatMap(unreadSequencesOf),
    ]),
    stages: limited(stageFindingsOf(archived)),
    groups: result.consistencyGroups.map((group) => ({
      ...group,
      tables: archived.filter((table) => table.consistencyGroup === group.letter).length,
    })),
    wholeList: wholeListOf(result),
  };
}

function limited<T>(items: readonly T[], limit = otherLimit): Limited<T> {
  return { shown: items.slice(0, limit), leftOut: Math.max(0, items.length - limit) };
}

/** `3 more are not shown; the whole list is …`. */
export function leftOutLine(leftOut: number, wholeList: string): string {
  return `${formatCount(leftOut)} more ${leftOut === 1 ? 'is' : 'are'} not shown here. The whole list is ${wholeList}.`;
}

/** What is worth a remark beside a table's line; empty almost always. */
export function remarksOf(table: ArchivedTable): readonly string[] {
  const lakeName = unlikeLakeName(table);
  return [
    ...(lakeName === undefined ? [] : [`${lakeName} in the lake`]),
    ...(table.alreadyCommitted ? ['was committed by an earlier attempt'] : []),
  ];
}

function lateWarning(result: NightResult): readonly string[] {
  if (!result.late) return [];
  const read = formatInstant(result.startedAt);
  return [`This night was recorded late: its tables hold the state of ${read}, not of ${result.night}.`];
}

/** Said once, not of each table. */
function replacedWarning(archived: readonly ArchivedTable[]): readonly string[] {
  const replaced = archived.filter(({ operation }) => operation === 'overwrite').length;
  if (replaced === 0) return [];
  const which = replaced === archived.length ? 'all tables' : formatQuantity(replaced, 'table');
  return [
    `This night was archived before: what was read now replaces it in ${which}. Earlier snapshots keep what was read then.`,
  ];
}

function consistencyWarning(result: NightResult): readonly string[] {
  const groups = result.consistencyGroups.length;
  if (groups < 2) return [];
  return [
    `This night was read under ${groups} Postgres snapshots, not one. Tables of the same group agree with each ` +
      'other; between groups, rows may have changed.',
  ];
}

/** Of the source first, then of tables; what is beyond the limit is counted. */
function sourceWarnings(
  { warnings = [] }: NightResult,
  archived: readonly ArchivedTable[],
): readonly string[] {
  const all = [
    ...warnings,
    ...archived.flatMap((table) => (table.warnings ?? []).map((text) => `${tableLabel(table)}: ${text}`)),
  ].map((text) => shortened(text, textLimit));
  const leftOut = all.length - warningLimit;
  if (leftOut <= 0) return all;
  return [...all.slice(0, warningLimit), `${formatCount(leftOut)} more warnings are not shown here.`];
}

function headlineOf({ failure, drill }: NightResult, archived: number, wanted: number): string {
  if (failure !== undefined) return 'nothing was archived';
  if (wanted === 0) return 'no tables to archive';
  const of = `of ${formatQuantity(wanted, 'table')}`;
  if (archived < wanted) return `${formatCount(wanted - archived)} ${of} not archived`;
  const all = `${formatCount(archived)} ${of} archived`;
  if (drill === undefined || drill.kind === 'passed') return all;
  return `${all}, but the drill ${drill.kind === 'failed' ? 'failed' : 'could not run'}`;
}

function failuresOf(result: NightResult): readonly Failure[] {
  const night = result.failure === undefined ? [] : [failureOf('The whole night', result.failure)];
  const failed = result.tables.filter((table) => table.kind === 'failed');
  const missing = result.missing.map((name) => ({
    name,
    code: 'table-not-found',
    message: 'the set names this table, but the source does not have it',
    cure: 'find out whether it was dropped or renamed, then correct the set; or grant the archive role access to it',
  }));
  return [...night, ...failed.map((table) => failureOf(tableLabel(table), table)), ...missing];
}

function failureOf(name: string, failure: NightFailure): Failure {
  return {
    name,
    code: failure.code,
    message: shortened(failure.message, textLimit),
    cure: failure.cure === undefined ? undefined : shortened(failure.cure, textLimit),
  };
}

function totalsOf(result: NightResult, archived: readonly ArchivedTable[], wanted: number): readonly Total[] {
  const seconds = (Date.parse(result.finishedAt) - Date.parse(result.startedAt)) / 1000;
  return [
    { label: 'Tables', value: `${formatCount(archived.length)} of ${formatCount(wanted)}` },
    { label: 'Rows', value: formatCount(sum(archived.map((table) => table.rows))) },
    { label: 'Size', value: formatBytes(sum(archived.map((table) => table.bytes))) },
    { label: 'Duration', value: formatDuration(seconds) },
    ...(result.consistencyGroups.length < 2
      ? []
      : [{ label: 'Consistency groups', value: formatCount(result.consistencyGroups.length) }]),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function schemaChangesOf(table: ArchivedTable): readonly Finding[] {
  return table.schemaChanges.map((text) => ({
    table: tableLabel(table),
    text: shortened(text, textLimit),
  }));
}

function unreadSequencesOf(table: ArchivedTable): readonly Finding[] {
  return table.unreadSequences.map((sequence) => ({
    table: sequence,
    text: 'value of the sequence, for want of SELECT on it; a restore sets it by the rows',
  }));
}

function specialValuesOf(table: ArchivedTable): readonly Finding[] {
  return table.specialValues.map(({ column, cells, companion }) => ({
    table: tableLabel(table),
    text: `${column}: ${formatQuantity(cells, 'cell')} kept as text in ${companion}`,
  }));
}

function wholeListOf(result: NightResult): string {
  if (result.workflow === undefined)
    return `in the lake: each folder under ${result.lake}/iceberg names its snapshots`;
  return `the result of the Temporal workflow ${result.workflow.id}`;
}
