import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import type { DatedNightRequest } from '../src/archive/archiver.ts';
import type {
  ArchivedTable,
  ConsistencyGroup,
  DrillResult,
  NightFailure,
  NightPlan,
  NightResult,
  ReportOutcome,
  TableResult,
} from '../src/archive/night.ts';
import { settleResults, tableLabel } from '../src/archive/night.ts';
import { assertNever } from '../src/errors.ts';
import { nightIncomplete } from '../src/temporal/night-messages.ts';

/** A request with its run date. */
export type Night = DatedNightRequest & { readonly late: boolean };

const namedTables = 20;

/** What came of a night that had a plan. */
export function summarizeNight(
  night: Night,
  plan: NightPlan,
  tables: readonly TableResult[],
  groups: readonly ConsistencyGroup[],
): NightResult {
  return {
    ...frame(night),
    source: plan.source,
    lake: plan.lake,
    consistencyGroups: usedGroups(groups, tables),
    tables: fitInto(settleResults(plan.tables, tables)),
    excluded: plan.excluded,
    missing: plan.missing,
    ...(plan.warnings === undefined ? {} : { warnings: plan.warnings }),
  };
}

/** The results in the plan's order, with those of a second try in the place of the first. */
export function replaceResults(
  results: readonly TableResult[],
  again: readonly TableResult[],
): readonly TableResult[] {
  const second = new Map(again.map((result) => [result.lakeTable, result]));
  return results.map((result) => second.get(result.lakeTable) ?? result);
}

/** A workflow whose result is over 2 MB is terminated by the server. */
const resultLimit = 1_500_000;
const shortText = 200;

/**
 * Shortens what is told of each table, where it is too much for one result: the lake keeps what is left out here of
 * tables that were archived, and the history what is left out of failures. Every table stays named.
 */
export function fitInto(tables: readonly TableResult[]): readonly TableResult[] {
  if (JSON.stringify(tables).length < resultLimit) return tables;
  return tables.map((table) =>
    table.kind === 'archived'
      ? { ...table, schemaChanges: shorten(table), specialValues: [] }
      : {
          ...table,
          message: cut(table.message),
          ...(table.cure === undefined ? {} : { cure: cut(table.cure) }),
        },
  );
}

function cut(text: string): string {
  return text.length <= shortText ? text : `${text.slice(0, shortText - 1)}…`;
}

function shorten({ schemaChanges, lakeTable }: ArchivedTable): readonly string[] {
  return schemaChanges.length === 0 ? [] : [`its columns changed: permafrost history ${lakeTable} says how`];
}

/** A night ends with its drill. */
export function withDrill(result: NightResult, drill: DrillResult): NightResult {
  return { ...result, drill, finishedAt: new Date().toISOString() };
}

/** What came of a night that got no plan: nothing, and why. */
export function planFailed(night: Night, failure: NightFailure): NightResult {
  return {
    ...frame(night),
    source: '',
    lake: '',
    consistencyGroups: [],
    tables: [],
    excluded: [],
    missing: [],
    failure,
  };
}

/** For the details in the Temporal UI. */
export function describeReport(outcome: ReportOutcome): string {
  switch (outcome.kind) {
    case 'sent':
      return 'The report was sent.';
    case 'written':
      return 'The report was written to files.';
    case 'not-sent':
      return `**The report was not sent.** ${outcome.code}: ${outcome.message}${outcome.files.length === 0 ? '' : `. It is in ${outcome.files.join(', ')}`}`;
    default:
      return assertNever(outcome);
  }
}

/** Ends the workflow as failed; whoever waits for the night reads the result from the details. */
export function concludeNight(result: NightResult): ApplicationFailure {
  return ApplicationFailure.create({
    type: nightIncomplete,
    message: sayWhatIsLeftOut(result),
    nonRetryable: true,
    details: [result],
  });
}

function sayWhatIsLeftOut(result: NightResult): string {
  if (result.failure !== undefined) return `nothing was archived: ${result.failure.message}`;
  const failed = result.tables.filter((table) => table.kind === 'failed').map(tableLabel);
  const leftOut = [...failed, ...result.missing];
  if (leftOut.length === 0) return 'every table was archived, but the drill did not pass: see the report';
  const more = leftOut.length > namedTables ? ` and ${leftOut.length - namedTables} more` : '';
  const planned = result.tables.length + result.missing.length;
  return `${leftOut.length} of ${planned} tables were not archived: ${leftOut.slice(0, namedTables).join(', ')}${more}`;
}

/** A snapshot that was lost before any table was committed under it says nothing about the night. */
function usedGroups(
  groups: readonly ConsistencyGroup[],
  tables: readonly TableResult[],
): readonly ConsistencyGroup[] {
  const letters = new Set(tables.map((table) => (table.kind === 'archived' ? table.consistencyGroup : '')));
  const used = groups.filter((group) => letters.has(group.letter));
  return used.length > 0 ? used : groups.slice(-1);
}

function frame(
  night: Night,
): Pick<NightResult, 'night' | 'set' | 'late' | 'startedAt' | 'finishedAt' | 'workflow'> {
  const { startTime, workflowId, runId } = workflowInfo();
  return {
    night: night.night,
    set: night.set,
    late: night.late,
    startedAt: startTime.toISOString(),
    finishedAt: new Date().toISOString(),
    workflow: { id: workflowId, runId },
  };
}
