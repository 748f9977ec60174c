import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Archiver } from '../../src/archive/archiver.ts';
import type { NightPlan, NightResult } from '../../src/archive/night.ts';
import { chooseBySet } from '../../src/archive/plan-night.ts';
import { runNight } from '../../src/archive/run-night.ts';
import { createSnapshotReader } from '../../src/archive/snapshot-reader.ts';
import type { SourceSet } from '../../src/archive/source-set.ts';
import type { LoadedTable } from '../../src/catalog/catalog.ts';
import { systemClock } from '../../src/clock.ts';
import { composeArchiver, openLake } from '../../src/composition.ts';
import { readConfig, requireSource } from '../../src/config.ts';
import { listTables } from '../../src/postgres/list-tables.ts';
import { fieldsOf, listDataFiles, readStored, textOfStored } from './property/lake-rows.ts';

/** A source and a lake, the real parts between them. */
export type SampleNights = {
  /** Archives a night; nothing that goes wrong in it is thrown. */
  freeze(request: SampleRequest): Promise<NightResult>;
  /** The rows of a table of the lake, by column, each value as text; those of the last night. */
  rows(lakeTable: string): Promise<readonly Readonly<Record<string, string | null>>[]>;
  close(): Promise<void>;
};

export type SampleRequest = {
  readonly night?: string;
  readonly tables?: readonly string[];
  /** Stands in for a file of tables/. */
  readonly set?: SourceSet;
  /** What others do once the snapshot is taken. */
  readonly afterSnapshot?: () => Promise<unknown>;
  /** What others do between the listing and the first copy. */
  readonly afterPlan?: (plan: NightPlan) => Promise<unknown>;
};

/** Opens an empty lake for the source at the URL. */
export async function openSampleNights(url: string): Promise<SampleNights> {
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-nights-'));
  const config = readConfig(
    { lake: join(folder, 'lake') },
    { PERMAFROST_SOURCE: url, PERMAFROST_STATE_FOLDER: join(folder, 'state') },
  );
  const archiver = composeArchiver(config);
  const reader = createSnapshotReader(requireSource(config));
  const lake = openLake(config.lake);

  const planNight = async (request: SampleRequest, ...asked: Parameters<Archiver['planNight']>) => {
    const plan = await archiver.planNight(...asked);
    if (request.set === undefined) return plan;
    const listing = await reader.read(asked[1], (session) => listTables(session));
    return { ...plan, ...chooseBySet(listing, request.set) };
  };

  return {
    freeze: ({ night = '2026-03-27', tables = ['*.*'], ...request }) =>
      runNight(
        { set: 'adhoc', tables, night },
        {
          archiver: {
            ...archiver,
            async openSnapshot(signal) {
              const held = await archiver.openSnapshot(signal);
              await request.afterSnapshot?.();
              return held;
            },
            async planNight(...asked) {
              const plan = await planNight(request, ...asked);
              await request.afterPlan?.(plan);
              return plan;
            },
          },
          clock: systemClock,
          runId: randomUUID(),
          concurrency: 2,
          signal: new AbortController().signal,
        },
      ),
    async rows(lakeTable) {
      const table = (await lake.catalog.loadTable(lakeTable)) as LoadedTable;
      const files = await listDataFiles(lake, table);
      const [stored] = await Promise.all(files.slice(0, 1).map((file) => readStored(lake, file)));
      const fields = fieldsOf(table).filter(({ id }) => id !== 1 && stored?.columns.has(id));
      return Array.from({ length: stored?.rows ?? 0 }, (_, row) =>
        Object.fromEntries(
          fields.map(({ id, name, type }) => [
            name,
            textOfStored(type, stored?.columns.get(id)?.[row] ?? null),
          ]),
        ),
      );
    },
    async close() {
      await Promise.all([archiver.close(), reader.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
