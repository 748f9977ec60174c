import {
  CancellationScope,
  CancelledFailure,
  patched,
  proxyActivities,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { ArchiveActivities } from '../activities/archive-activities.ts';
import type {
  NightFailure,
  NightPlan,
  NightRequest,
  NightResult,
  PlannedTable,
  ReportOutcome,
  TableResult,
} from '../src/archive/night.ts';
import { nightSucceeded } from '../src/archive/night.ts';
import { retryRuleOf } from '../src/retry-policy.ts';
import { readFailure } from '../src/temporal/failure-mapping.ts';
import { archiveNightKey, archiveSetKey } from '../src/temporal/search-attributes.ts';
import { archivingTable, drilling, keepingReport, planning, reporting } from './activity-options.ts';
import { mapInWindow } from './bounded-window.ts';
import { type HeldSnapshots, holdSnapshots } from './held-snapshots.ts';
import { type NightBoard, openBoard } from './night-board.ts';
import {
  concludeNight,
  describeReport,
  type Night,
  planFailed,
  replaceResults,
  summarizeNight,
  withDrill,
} from './night-outcome.ts';
import { dateNight } from './run-date.ts';
import { budgetTime, type TimeBudget } from './time-budget.ts';

const defaultConcurrency = 2;

/**
 * The story of a night: hold one snapshot, plan, archive every table under it, archive once more what changed meanwhile
 * under a newer one, let the snapshot go, restore a sample if that is wanted, report. It fails, after the report, when
 * anything was left out or did not come back.
 */
export async function archiveNight(request: NightRequest): Promise<NightResult> {
  const night = dateNight(request);
  labelRun(night);
  const board = openBoard(night);
  const snapshots = holdSnapshots((groups) => board.exported(groups));

  const archived = await archiveUnder(snapshots, night, board);
  const released = snapshots.close();
  const drilled = night.drill === true ? await drillNight(archived, board) : archived;
  const cancelled = CancellationScope.current().consideredCancelled;
  const result = await report(drilled, night, cancelled, board);
  await released;

  if (cancelled) throw new CancelledFailure('the night was cancelled');
  if (!nightSucceeded(result)) throw concludeNight(result);
  return result;
}

async function archiveUnder(snapshots: HeldSnapshots, night: Night, board: NightBoard): Promise<NightResult> {
  try {
    const plan = await planNight(snapshots, night, board);
    board.enter('archiving');
    const timeLimit = budgetTime(plan, Date.now());
    const archive = (tables: readonly PlannedTable[]) =>
      archiveTables(tables, timeLimit, snapshots, night, board);
    const results = await archive(plan.tables);
    const again = await archiveAgain(plan, results, snapshots, archive);
    return summarizeNight(night, plan, replaceResults(results, again), snapshots.groups);
  } catch (error) {
    return planFailed(night, readFailure(error));
  }
}

async function planNight(snapshots: HeldSnapshots, night: Night, board: NightBoard): Promise<NightPlan> {
  const activities = proxyActivities<ArchiveActivities>({
    ...planning,
    summary: `tables of ${night.set} ${night.night}`,
  });
  return snapshots.under((group) => {
    board.enter('planning');
    return activities.planNight(night, group);
  });
}

/** Never rejects: a table that cannot be archived is a failed table, and the others go on. */
async function archiveTables(
  tables: readonly PlannedTable[],
  timeLimit: TimeBudget,
  snapshots: HeldSnapshots,
  night: Night,
  board: NightBoard,
): Promise<readonly TableResult[]> {
  board.waiting(tables);
  return mapInWindow(tables, night.tableConcurrency ?? defaultConcurrency, async (table) => {
    board.started(table);
    const result = await archiveTable(table, snapshots, night, () => timeLimit(table, Date.now()));
    board.finished(result);
    return result;
  });
}

/**
 * Tables that someone truncated or altered between the snapshot and their lock, archived once more: all under one newer
 * snapshot, when the others are through, so that no table waits for them.
 */
async function archiveAgain(
  plan: NightPlan,
  results: readonly TableResult[],
  snapshots: HeldSnapshots,
  archive: (tables: readonly PlannedTable[]) => Promise<readonly TableResult[]>,
): Promise<readonly TableResult[]> {
  const changed = plan.tables.filter((_, index) => hasChanged(results[index]));
  if (changed.length === 0 || CancellationScope.current().consideredCancelled) return [];
  // A night that reported them as failed, under an earlier release, is not told otherwise.
  if (!patched('archive-changed-tables-again')) return [];
  snapshots.renew();
  return archive(changed);
}

function hasChanged(result: TableResult | undefined): boolean {
  return result?.kind === 'failed' && retryRuleOf(result.code) === 'once-at-the-end';
}

async function archiveTable(
  table: PlannedTable,
  snapshots: HeldSnapshots,
  night: Night,
  timeLimit: () => number,
): Promise<TableResult> {
  try {
    return await snapshots.under(({ letter, ...snapshot }) =>
      proxyActivities<ArchiveActivities>(archivingTable(table, night.night, timeLimit())).archiveTable({
        night: night.night,
        set: night.set,
        runId: workflowInfo().firstExecutionRunId,
        table,
        snapshot,
        consistencyGroup: letter,
        late: night.late,
      }),
    );
  } catch (error) {
    const { schema, name, lakeTable } = table;
    return { kind: 'failed', schema, name, lakeTable, ...readFailure(error) };
  }
}

/** Never rejects: that nothing could be proved is part of the result. */
async function drillNight(result: NightResult, board: NightBoard): Promise<NightResult> {
  const nothing = !result.tables.some(({ kind }) => kind === 'archived');
  if (nothing || CancellationScope.current().consideredCancelled) return result;
  board.enter('drilling');
  try {
    const activities = proxyActivities<ArchiveActivities>(drilling(result.night));
    const runId = workflowInfo().firstExecutionRunId;
    const drill = await activities.drillNight({ night: result.night, runId, tables: [] });
    return withDrill(result, drill);
  } catch (error) {
    return withDrill(result, { kind: 'not-run', ...readFailure(error) });
  }
}

/**
 * A report that cannot be sent is written into files, and noted; the archive stands. A cancelled night still reports what
 * is missing; a night that is cancelled while it reports is whole, and only the mail is given up.
 */
async function report(
  result: NightResult,
  night: Night,
  cancelled: boolean,
  board: NightBoard,
): Promise<NightResult> {
  board.enter('reporting');
  const patience = cancelled || night.attended === true ? '1 minute' : '2 hours';
  const send = () => proxyActivities<ArchiveActivities>(reporting(result.night, patience)).sendReport(result);
  let outcome: ReportOutcome;
  try {
    outcome = cancelled ? await CancellationScope.nonCancellable(send) : await send();
  } catch (error) {
    outcome = await CancellationScope.nonCancellable(() => keepReport(result, readFailure(error)));
  }
  board.note(describeReport(outcome));
  board.enter('done');
  return { ...result, report: outcome };
}

async function keepReport(result: NightResult, failure: NightFailure): Promise<ReportOutcome> {
  const notSent = { kind: 'not-sent', ...failure } as const;
  // A night of an earlier release has its report nowhere.
  if (!patched('keep-report')) return { ...notSent, files: [] };
  try {
    const kept = await proxyActivities<ArchiveActivities>(keepingReport(result.night)).keepReport(result);
    return { ...notSent, files: kept.kind === 'written' ? kept.files : [] };
  } catch {
    return { ...notSent, files: [] };
  }
}

/** Search attributes exist where an operator allowed them: the starter sets the first one only then. */
function labelRun(night: Night): void {
  upsertMemo({ night: night.night, set: night.set, late: night.late });
  const registered = workflowInfo().typedSearchAttributes.get(archiveSetKey) !== undefined;
  if (registered) upsertSearchAttributes([{ key: archiveNightKey, value: night.night }]);
}
