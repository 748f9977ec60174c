import { randomUUID } from 'node:crypto';
import type { Catalog, LoadedTable } from '../catalog/catalog.ts';
import type { Clock } from '../clock.ts';
import { errorCodeOf } from '../errors.ts';
import { createTableUpdates } from '../iceberg/create-table.ts';
import type { DataFile } from '../iceberg/data-file.ts';
import { readListedManifest } from '../iceberg/manifest.ts';
import { readManifestList } from '../iceberg/manifest-list.ts';
import type { Schema } from '../iceberg/schema.ts';
import { newSnapshotId, type StagedSnapshot, stageSnapshot } from '../iceberg/stage.ts';
import type { Snapshot } from '../iceberg/table-metadata.ts';
import type { TableUpdate } from '../iceberg/table-update.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { ddlPath, type StoredDdl } from './archived-ddl.ts';
import type { ArchiveTableInput } from './archiver.ts';
import { findMark, MARK, type MarkedContent, markNight, refuseToFalsify } from './night-mark.ts';
import { toEpochDays } from './night-date.ts';
import { DT_PARTITIONING, nightPartition } from './partitioning.ts';
import { currentSnapshot, pathOf } from './read-lake.ts';

export type CommitNightDeps = {
  readonly catalog: Catalog;
  readonly store: ObjectStore;
  readonly clock: Clock;
};

/** What is committed, planned against `loaded`. */
export type NightCommit = {
  readonly loaded: LoadedTable | undefined;
  readonly schema: Schema;
  readonly properties: Readonly<Record<string, string>>;
  /** At least one, all of the night's partition. */
  readonly dataFiles: readonly DataFile[];
  readonly ddl: StoredDdl;
  readonly content: Omit<MarkedContent, 'ddlDigest'>;
};

export type CommittedNight = {
  readonly table: LoadedTable;
  readonly snapshot: Snapshot;
  /** True when an earlier attempt of the same night and run got there first. */
  readonly alreadyCommitted: boolean;
};

const ATTEMPTS = 5;

/**
 * Makes data files part of the table, in one snapshot. A night that the table holds already is replaced, never
 * doubled. A lost race is tried again on top of the winner, as long as the winner left schema and properties alone.
 *
 * Errors: `night-taken`; `commit-conflict` after several lost races, or when the table changed its schema; `commit-state-unknown`.
 */
export async function commitNight(
  input: ArchiveTableInput,
  deps: CommitNightDeps,
  commit: NightCommit,
): Promise<CommittedNight> {
  let base = commit.loaded;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await commitOnce(input, deps, commit, base);
    } catch (error) {
      if (errorCodeOf(error) !== 'commit-conflict') throw error;
      base = await deps.catalog.loadTable(input.table.lakeTable);
      const earlier = findMark(base, input);
      if (base !== undefined && earlier !== undefined) {
        return { table: base, snapshot: earlier, alreadyCommitted: true };
      }
      if (attempt === ATTEMPTS || !samePlan(base, commit.loaded)) throw error;
    }
  }
}

async function commitOnce(
  input: ArchiveTableInput,
  deps: CommitNightDeps,
  commit: NightCommit,
  base: LoadedTable | undefined,
): Promise<CommittedNight> {
  const { catalog, store } = deps;
  const { lakeTable } = input.table;
  refuseToFalsify(base, input);
  const staged = await stage(input, deps, commit, base);
  const location = pathOf(store, base?.metadata.location ?? catalog.tableLocation(lakeTable));
  // No reader knows of any of them before the table's metadata names them.
  await Promise.all([
    holdsDdl(base, commit.ddl)
      ? undefined
      : store.putIfAbsent(`${location}/${ddlPath(commit.ddl.digest)}`, commit.ddl.bytes),
    ...staged.filesToWrite.map(({ path, bytes }) => store.putIfAbsent(`${location}/${path}`, bytes)),
  ]);
  const table = await catalog.commit(lakeTable, staged.requirements, staged.updates);
  return { table, snapshot: staged.snapshot, alreadyCommitted: false };
}

async function stage(
  input: ArchiveTableInput,
  { catalog, store, clock }: CommitNightDeps,
  commit: NightCommit,
  base: LoadedTable | undefined,
): Promise<StagedSnapshot> {
  const parent = base === undefined ? undefined : currentSnapshot(base.metadata);
  return stageSnapshot({
    base: base?.metadata,
    changes:
      base === undefined
        ? createTableUpdates({
            uuid: randomUUID(),
            location: catalog.tableLocation(input.table.lakeTable),
            schema: commit.schema,
            spec: DT_PARTITIONING,
            properties: commit.properties,
          })
        : changesSince(base, commit),
    parentManifests:
      parent === undefined ? [] : readManifestList(await store.get(pathOf(store, parent['manifest-list']))),
    loadManifest: async (row) => readListedManifest(await store.get(pathOf(store, row.path)), row),
    write: { kind: 'replace-partition', partition: nightPartition(toEpochDays(input.night)) },
    dataFiles: commit.dataFiles,
    snapshotId: newSnapshotId(),
    commitUuid: randomUUID(),
    now: clock.now().getTime(),
    marks: markNight(input, { ...commit.content, ddlDigest: commit.ddl.digest }),
  });
}

function changesSince({ metadata }: LoadedTable, commit: NightCommit): readonly TableUpdate[] {
  const changed = Object.entries(commit.properties).filter(
    ([key, value]) => metadata.properties[key] !== value,
  );
  return [
    ...(commit.schema['schema-id'] === metadata['current-schema-id']
      ? []
      : ([
          { action: 'add-schema', schema: commit.schema },
          { action: 'set-current-schema', 'schema-id': -1 },
        ] as const)),
    ...(changed.length === 0
      ? []
      : ([{ action: 'set-properties', updates: Object.fromEntries(changed) }] as const)),
  ];
}

/** An earlier night of the same definition has stored it. */
function holdsDdl(base: LoadedTable | undefined, { digest }: StoredDdl): boolean {
  return base?.metadata.snapshots.some(({ summary }) => summary[MARK.ddl] === digest) ?? false;
}

/** True where what was planned against one state of the table holds for the other. */
function samePlan(now: LoadedTable | undefined, planned: LoadedTable | undefined): boolean {
  if (now === undefined || planned === undefined) return now === planned;
  return (
    now.metadata['current-schema-id'] === planned.metadata['current-schema-id'] &&
    JSON.stringify(now.metadata.properties) === JSON.stringify(planned.metadata.properties)
  );
}
