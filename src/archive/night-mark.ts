import type { LoadedTable } from '../catalog/catalog.ts';
import { z } from 'zod';
import { PermafrostError } from '../errors.ts';
import type { Snapshot } from '../iceberg/table-metadata.ts';
import type { ArchiveTableInput } from './archiver.ts';
import { versionOf } from './metadata-version.ts';
import type { ArchivedTable } from './night.ts';

/**
 * What a snapshot summary says of the night that wrote it. The pair night + run id is the mark by which a repeated
 * attempt recognises its own commit, so that each night is committed exactly once.
 */
export const MARK = {
  night: 'permafrost.night',
  runId: 'permafrost.run-id',
  set: 'permafrost.set',
  consistencyGroup: 'permafrost.consistency-group',
  sourceLsn: 'permafrost.source-lsn',
  exportedAt: 'permafrost.snapshot-exported-at',
  rowsHash: 'permafrost.rows-hash',
  /** `true` where a past night was recorded with the state of the day of the run. */
  late: 'permafrost.late',
  schemaChanges: 'permafrost.schema-changes',
  specialCells: 'permafrost.special-cells',
} as const;

/** What the export adds to the mark. */
export type MarkedContent = {
  readonly rowsHash: string;
  readonly schemaChanges: readonly string[];
  readonly specialCells: ArchivedTable['specialValues'];
};

/** The summary entries of a night's snapshot. Absent where there is nothing to say. */
export function markNight(
  input: ArchiveTableInput,
  content: MarkedContent,
): Readonly<Record<string, string>> {
  return {
    [MARK.night]: input.night,
    [MARK.runId]: input.runId,
    [MARK.set]: input.set,
    [MARK.consistencyGroup]: input.consistencyGroup,
    [MARK.sourceLsn]: input.snapshot.lsn,
    [MARK.exportedAt]: input.snapshot.exportedAt,
    [MARK.rowsHash]: content.rowsHash,
    ...(input.late ? { [MARK.late]: 'true' } : {}),
    ...(content.schemaChanges.length === 0
      ? {}
      : { [MARK.schemaChanges]: JSON.stringify(shorten(content.schemaChanges)) }),
    ...(content.specialCells.length === 0
      ? {}
      : { [MARK.specialCells]: JSON.stringify(content.specialCells.slice(0, MOST_LISTED)) }),
  };
}

/** Summaries stay in the metadata for ever and cross the workflow's history: a table that changed whole says it short. */
const MOST_LISTED = 20;

function shorten(sentences: readonly string[]): readonly string[] {
  if (sentences.length <= MOST_LISTED) return sentences;
  return [...sentences.slice(0, MOST_LISTED - 1), `and ${sentences.length - MOST_LISTED + 1} more changes`];
}

/**
 * Refuses to replace a night by something less true: what was archived on its day by the state of a later day, or what
 * one run read by what another run, still under way, had read before it. Error: `night-taken`.
 */
export function refuseToFalsify(table: LoadedTable | undefined, input: ArchiveTableInput): void {
  const held = table?.metadata.snapshots.findLast(
    ({ summary }) => summary[MARK.night] === input.night,
  )?.summary;
  if (held === undefined) return;
  const label = `night ${input.night} of ${input.table.schema}.${input.table.name}`;
  if (input.late && held[MARK.late] !== 'true') {
    throw new PermafrostError(
      'night-taken',
      `${label} was archived on its day; today's state would replace it`,
      {
        cure: 'leave it as it is; what the table holds now belongs to the night of today',
      },
    );
  }
  if (Date.parse(held[MARK.exportedAt] ?? '') > Date.parse(input.snapshot.exportedAt)) {
    throw new PermafrostError('night-taken', `${label} was archived by another run, from a newer snapshot`, {
      cure: 'let one run archive a night at a time; the newer one stays',
    });
  }
}

/** The snapshot that this night and run committed before, if it did. */
export function findMark(table: LoadedTable | undefined, input: ArchiveTableInput): Snapshot | undefined {
  return table?.metadata.snapshots.findLast(
    ({ summary }) => summary[MARK.night] === input.night && summary[MARK.runId] === input.runId,
  );
}

/** The table's result, told from its snapshot alone: the same on the first attempt and on every later one. */
export function resultOf(
  snapshot: Snapshot,
  table: LoadedTable,
  input: ArchiveTableInput,
  outcome: { readonly seconds: number; readonly alreadyCommitted: boolean },
): ArchivedTable {
  const { summary } = snapshot;
  const version = versionOf(table, snapshot);
  return {
    kind: 'archived',
    schema: input.table.schema,
    name: input.table.name,
    lakeTable: input.table.lakeTable,
    rows: Number(summary['added-records'] ?? 0),
    bytes: Number(summary['added-files-size'] ?? 0),
    seconds: outcome.seconds,
    snapshotId: String(snapshot['snapshot-id']),
    metadataVersion: version?.number ?? table.metadataVersion,
    metadataLocation: version?.location ?? table.metadataLocation,
    operation: summary.operation === 'overwrite' ? 'overwrite' : 'append',
    consistencyGroup: summary[MARK.consistencyGroup] ?? input.consistencyGroup,
    alreadyCommitted: outcome.alreadyCommitted,
    specialValues: specialCells.parse(JSON.parse(summary[MARK.specialCells] ?? '[]')),
    schemaChanges: schemaChangesOf(snapshot),
  };
}

/** What changed in the table with this snapshot, one sentence each. */
export function schemaChangesOf({ summary }: Snapshot): readonly string[] {
  return schemaChanges.parse(JSON.parse(summary[MARK.schemaChanges] ?? '[]'));
}

const specialCells = z.array(z.object({ column: z.string(), cells: z.number(), companion: z.string() }));
const schemaChanges = z.array(z.string());
