import type { Clock } from '../clock.ts';
import { PermafrostError } from '../errors.ts';
import { isLate } from './night-date.ts';
import type { Archiver, DatedNightRequest, HeldSnapshot } from './archiver.ts';
import {
  type ConsistencyGroup,
  type DrillResult,
  type FailedTable,
  type NightFailure,
  type NightPlan,
  type NightResult,
  type PlannedTable,
  settleResults,
  type TableProgress,
  type TableResult,
} from './night.ts';

export type RunNightOptions = {
  readonly archiver: Archiver;
  readonly clock: Clock;
  readonly runId: string;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly watch?: NightWatcher;
};

/** Told what happens while the night runs. */
export interface NightWatcher {
  planned(plan: NightPlan): void;
  progressed(table: PlannedTable, progress: TableProgress): void;
  finished(result: TableResult): void;
}

/**
 * A night in this process, without a journal: the same use cases in the same order as the workflow `archiveNight`, but
 * a crash ends it and nothing is retried. What could not be archived is in the result, also when that is the whole
 * night. Error: `cancelled` after the signal, when nothing runs any more.
 */
export async function runNight(request: DatedNightRequest, options: RunNightOptions): Promise<NightResult> {
  const { clock, signal } = options;
  const started = clock.now();
  const late = request.late ?? isLate(request.night, started);
  const outcome = await archiveUnderSnapshot({ ...request, late }, options).catch((error: unknown) => {
    if (signal.aborted) throw interrupted();
    return withoutPlan(error);
  });
  if (signal.aborted) throw interrupted();
  const drill =
    request.drill === true ? await drillTables(request.night, outcome.tables, options) : undefined;
  if (signal.aborted) throw interrupted();
  return {
    night: request.night,
    set: request.set,
    late,
    startedAt: started.toISOString(),
    finishedAt: clock.now().toISOString(),
    ...outcome,
    ...(drill === undefined ? {} : { drill }),
  };
}

/** Never rejects: that nothing could be proved is part of the result. */
async function drillTables(
  night: string,
  tables: readonly TableResult[],
  { archiver, runId, signal }: RunNightOptions,
): Promise<DrillResult | undefined> {
  if (!tables.some(({ kind }) => kind === 'archived')) return undefined;
  try {
    return await archiver.drillNight({ night, runId, tables: [] }, { signal, onProgress: () => undefined });
  } catch (error) {
    return { kind: 'not-run', ...toFailure(error) };
  }
}

type NightOutcome = Omit<NightResult, 'night' | 'set' | 'late' | 'startedAt' | 'finishedAt'>;

async function archiveUnderSnapshot(
  request: DatedNightRequest,
  options: RunNightOptions,
): Promise<NightOutcome> {
  const held = await options.archiver.openSnapshot(options.signal);
  try {
    const plan = await options.archiver.planNight(request, held.info, options.signal);
    options.watch?.planned(plan);
    const tables = await archiveTables(request, plan, held, options);
    const group: ConsistencyGroup = { letter: GROUP, ...held.info };
    const { source, lake, excluded, missing, warnings = [] } = plan;
    return {
      source,
      lake,
      consistencyGroups: [group],
      tables,
      excluded,
      missing,
      ...(warnings.length === 0 ? {} : { warnings }),
    };
  } finally {
    await held.close();
  }
}

/** An error that is not ours is a defect, and its stack must be seen. */
function withoutPlan(error: unknown): NightOutcome {
  if (!(error instanceof PermafrostError)) throw error;
  const nothing = { source: '', lake: '', consistencyGroups: [], tables: [], excluded: [], missing: [] };
  return { ...nothing, failure: toFailure(error) };
}

/** Never rejects: a table that cannot be archived is a failed table, and the others go on. */
async function archiveTables(
  request: DatedNightRequest,
  plan: NightPlan,
  held: HeldSnapshot,
  options: RunNightOptions,
): Promise<readonly TableResult[]> {
  const { signal, watch } = options;
  let lost: PermafrostError | undefined;
  held.lost.catch((error: unknown) => (lost = snapshotLost(error)));
  const results: TableResult[] = [];
  const queue = plan.tables.values();
  const archiveNext = async (): Promise<void> => {
    for (const table of queue) {
      const hindrance = signal.aborted ? interrupted() : lost;
      const result =
        hindrance === undefined
          ? await archiveOne(request, plan, table, held, options)
          : toFailedTable(table, hindrance);
      results.push(result);
      watch?.finished(result);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, archiveNext));
  return settleResults(plan.tables, results);
}

async function archiveOne(
  request: DatedNightRequest,
  plan: NightPlan,
  table: PlannedTable,
  held: HeldSnapshot,
  { archiver, runId, signal, watch }: RunNightOptions,
): Promise<TableResult> {
  const input = {
    night: plan.night,
    set: plan.set,
    runId,
    table,
    snapshot: held.info,
    consistencyGroup: GROUP,
    late: request.late ?? false,
  };
  try {
    return await archiver.archiveTable(input, {
      signal,
      onProgress: (progress) => watch?.progressed(table, progress),
    });
  } catch (error) {
    return toFailedTable(table, error);
  }
}

/** Nothing is read under a second snapshot here: all tables of such a night agree with each other. */
const GROUP = 'A';

/** Said of each table that was not begun: to read on under another snapshot is what Temporal is for. */
function snapshotLost(error: unknown): PermafrostError {
  const why = error instanceof PermafrostError ? error.message : 'the session that holds the snapshot ended';
  return new PermafrostError('snapshot-lost', `not read, since the night's snapshot was lost: ${why}`, {
    cure: 'archive the night again; under Temporal it would have gone on by itself',
    cause: error,
  });
}

function interrupted(): PermafrostError {
  return new PermafrostError('cancelled', 'the night was interrupted', {
    cure: 'archive it again: tables that are in the lake are replaced, none is doubled',
  });
}

/** A table that could not be archived, as mail and exit code name it. */
function toFailedTable({ schema, name, lakeTable }: PlannedTable, error: unknown): FailedTable {
  return { kind: 'failed', schema, name, lakeTable, ...toFailure(error) };
}

/** Of an error that is not ours only the name is told: its message may quote a row. */
function toFailure(error: unknown): NightFailure {
  if (error instanceof PermafrostError) {
    const { code, message, cure } = error;
    return { code, message, ...(cure === undefined ? {} : { cure }) };
  }
  const name = error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : 'error';
  return { code: 'unexpected', message: `an unforeseen ${name}` };
}
