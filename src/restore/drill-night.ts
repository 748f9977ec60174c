import { v7 as uuidV7 } from 'uuid';
import type { DrillOptions, DrillRequest } from '../archive/archiver.ts';
import type { DrilledTable, DrillResult } from '../archive/night.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Clock } from '../clock.ts';
import { errorCodeOf, PermafrostError } from '../errors.ts';
import { parseTablePattern } from '../postgres/table-pattern.ts';
import { type ObjectStore, objectUri } from '../storage/object-store.ts';
import type { StoreLocation } from '../storage/open-store.ts';
import { chooseSample, committedBy, type SampledTable } from './drill-sample.ts';
import {
  findHeldNight,
  type FrozenTable,
  type HeldTable,
  readFrozenTable,
  readName,
} from './frozen-table.ts';
import { restoreTables } from './restore-tables.ts';
import { type ScratchServer, withScratchDatabase } from './scratch-database.ts';

export type DrillDeps = {
  readonly catalog: Catalog;
  readonly store: ObjectStore;
  readonly storeLocation: StoreLocation;
  readonly clock: Clock;
  /** Starts a server, or opens the one that is configured. */
  readonly openScratch: (signal: AbortSignal) => Promise<ScratchServer>;
};

/** What the evidence holds; JSON with the largest share of the proof that fits on a page. */
type Evidence = {
  readonly format: 1;
  readonly night: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly scratchServer: string;
  readonly result: DrillResult['kind'];
  readonly tables: readonly DrilledTable[];
};

/**
 * Restores some tables of a night into scratch databases, and proves that what Postgres then holds is what the source
 * held: the hash over the rows read back is the one recorded when they were archived. The evidence stays in the lake.
 * A table that does not come back is in the result. Errors: `lake-not-found`; those of the scratch server; `cancelled`.
 */
export async function drillNight(
  request: DrillRequest,
  { signal, onProgress }: DrillOptions,
  deps: DrillDeps,
): Promise<DrillResult> {
  const startedAt = deps.clock.now().toISOString();
  const held = await findHeldNight(deps.catalog, request.night);
  const sample = await chooseTables(request, committedBy(held.tables, request.runId), held.night, deps);
  const scratch = await deps.openScratch(signal);
  const tables: DrilledTable[] = [];
  try {
    for (const sampled of sample) {
      onProgress({ table: sampled.table.loaded.name, done: tables.length, of: sample.length });
      tables.push(await drillTable(sampled, held.night, { scratch, signal }, deps));
    }
  } finally {
    await scratch.close();
  }
  const result = tables.every(({ failure }) => failure === undefined) ? 'passed' : 'failed';
  const evidence = await writeEvidence(deps.store, {
    format: 1,
    night: held.night,
    startedAt,
    finishedAt: deps.clock.now().toISOString(),
    scratchServer: scratch.version,
    result,
    tables,
  });
  return { kind: result, night: held.night, tables, evidence };
}

async function chooseTables(
  { tables }: DrillRequest,
  held: readonly HeldTable[],
  night: string,
  { store }: DrillDeps,
): Promise<readonly SampledTable[]> {
  const asked = tables.map(parseTablePattern);
  if (asked.length === 0) return chooseSample(held, Math.random);
  const named: SampledTable[] = [];
  for (const table of held) {
    const name = await readName(store, table, night);
    if (asked.some((pattern) => pattern.matches(name))) named.push({ table, chosenAs: 'asked-for' });
  }
  if (named.length > 0) return named;
  throw new PermafrostError('lake-not-found', `the night ${night} holds none of these tables`, {
    cure: 'correct the names: permafrost tables lists what the lake has',
  });
}

async function drillTable(
  { table, chosenAs }: SampledTable,
  night: string,
  { scratch, signal }: { readonly scratch: ScratchServer; readonly signal: AbortSignal },
  deps: DrillDeps,
): Promise<DrilledTable> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  let frozen: FrozenTable | undefined;
  try {
    frozen = await readFrozenTable(deps.store, table, night);
    const refused = await restoreOne(frozen, scratch, signal, deps);
    return { ...describe(frozen, table, chosenAs), seconds: seconds(), refused };
  } catch (error) {
    if (signal.aborted) throw new PermafrostError('cancelled', 'the drill was stopped', { cause: error });
    const message = error instanceof PermafrostError ? error.message : 'an unforeseen error';
    const failure = { code: errorCodeOf(error), message };
    return { ...describe(frozen, table, chosenAs), seconds: seconds(), refused: [], failure };
  }
}

/** Gives what the scratch database refused of the table's own: constraints, indexes and the like. */
async function restoreOne(
  frozen: FrozenTable,
  scratch: ScratchServer,
  signal: AbortSignal,
  { storeLocation }: DrillDeps,
): Promise<readonly string[]> {
  const watch = { progressed: () => undefined, restored: () => undefined };
  const { leftOut } = await withScratchDatabase(scratch, frozen.ddl.database, (target) =>
    restoreTables(
      {
        tables: [frozen],
        store: storeLocation,
        into: { kind: 'database', target, besideOthers: false, everything: false },
      },
      { signal, watch },
    ),
  );
  return leftOut.flatMap(({ kind, what, why }) => (kind === 'refused' ? [`${what}: ${why}`] : []));
}

function describe(
  frozen: FrozenTable | undefined,
  { loaded, snapshot }: HeldTable,
  chosenAs: DrilledTable['chosenAs'],
): Omit<DrilledTable, 'seconds' | 'refused'> {
  return {
    table: frozen === undefined ? loaded.name : `${frozen.schema}.${frozen.name}`,
    chosenAs,
    snapshotId: String(snapshot['snapshot-id']),
    rows: Number(snapshot.summary['added-records'] ?? 0),
    rowsHash: frozen?.rowsHash ?? '',
  };
}

/** Evidence is created, never changed: each drill has its own. */
async function writeEvidence(store: ObjectStore, evidence: Evidence): Promise<string> {
  const path = `drills/${evidence.night}/${uuidV7()}.json`;
  await store.putIfAbsent(path, Buffer.from(`${JSON.stringify(evidence, undefined, 2)}\n`));
  return objectUri(store, path);
}
