import type { Clock } from '../clock.ts';
import { errorCodeOf, PermafrostError } from '../errors.ts';
import type { Archiver, DatedNightRequest, HeldSnapshot } from './archiver.ts';
import type {
  ConsistencyGroup,
  FailedTable,
  NightPlan,
  NightResult,
  PlannedTable,
  TableProgress,
  TableResult,
} from './night.ts';

export type RunNightOptions = {
  readonly archiver: Archiver;
  readonly clock: Clock;
  readonly runId: string;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly watch: NightWatcher;
};

/** Told what happens while the night runs. */
export interface NightWatcher {
  planned(plan: NightPlan): void;
  progressed(table: PlannedTable, progress: TableProgress): void;
  finished(result: TableResult): void;
}

/**
 * A night in this process, without a journal: the same use cases in the same order as the workflow `archiveNight`, but
 * a crash ends it and nothing is retried.
 */
export async function runNight(request: DatedNightRequest, options: RunNightOptions): Promise<NightResult> {
  const { archiver, clock, signal } = options;
  const startedAt = clock.now().toISOString();
  const held = await archiver.openSnapshot(signal);
  held.lost.catch(() => undefined);
  const group: ConsistencyGroup = { letter: 'A', ...held.info };
  try {
    const plan = await archiver.planNight(request, held.info);
    options.watch.planned(plan);
    const tables = await archiveTables(request, plan, held, options);
    return {
      night: plan.night,
      set: plan.set,
      late: request.late ?? false,
      source: plan.source,
      lake: plan.lake,
      startedAt,
      finishedAt: clock.now().toISOString(),
      consistencyGroups: [group],
      tables,
      excluded: plan.excluded,
      missing: plan.missing,
    };
  } finally {
    await held.close();
  }
}

async function archiveTables(
  request: DatedNightRequest,
  plan: NightPlan,
  held: HeldSnapshot,
  options: RunNightOptions,
): Promise<readonly TableResult[]> {
  const results = new Map<PlannedTable, TableResult>();
  const queue = plan.tables.values();
  const archiveNext = async (): Promise<void> => {
    for (const table of queue) {
      options.signal.throwIfAborted();
      const result = await archiveOne(request, plan, table, held, options);
      results.set(table, result);
      options.watch.finished(result);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, archiveNext));
  return plan.tables.map((table) => results.get(table) as TableResult);
}

async function archiveOne(
  request: DatedNightRequest,
  plan: NightPlan,
  table: PlannedTable,
  held: HeldSnapshot,
  options: RunNightOptions,
): Promise<TableResult> {
  try {
    return await options.archiver.archiveTable(
      {
        night: plan.night,
        set: plan.set,
        runId: options.runId,
        table,
        snapshot: held.info,
        consistencyGroup: 'A',
        late: request.late ?? false,
      },
      { signal: options.signal, onProgress: (progress) => options.watch.progressed(table, progress) },
    );
  } catch (error) {
    options.signal.throwIfAborted();
    return toFailedTable(table, error);
  }
}

/** A table that could not be archived, as mail and exit code name it. */
export function toFailedTable(table: PlannedTable, error: unknown): FailedTable {
  const known = error instanceof PermafrostError;
  return {
    kind: 'failed',
    schema: table.schema,
    name: table.name,
    lakeTable: table.lakeTable,
    code: errorCodeOf(error),
    message: known ? error.message : 'an error that was not foreseen; see the log',
    ...(known && error.cure !== undefined ? { cure: error.cure } : {}),
  };
}
