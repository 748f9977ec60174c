import type { LoadedTable } from '../catalog/catalog.ts';
import { z } from 'zod';
import { PermafrostError } from '../errors.ts';
import type { Snapshot } from '../iceberg/table-metadata.ts';
import type { SequenceValue } from '../postgres/schema/sequences.ts';
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
  /** SHA-256 over the tuples as the source sent them; see TupleHash. */
  rowsHash: 'permafrost.rows-hash',
  /** `true` where a past night was recorded with the state of the day of the run. */
  late: 'permafrost.late',
  schemaChanges: 'permafrost.schema-changes',
  specialCells: 'permafrost.special-cells',
  /** Digest of the ArchivedDdl that tells how this night is restored. */
  ddl: 'permafrost.ddl',
  /** Where the table's sequences stood: an array of [schema, name, last value, is called]. */
  sequences: 'permafrost.sequences',
  unreadSequences: 'permafrost.unread-sequences',
  warnings: 'permafrost.warnings',
} as const;

/** What the export adds to the mark. */
export type MarkedContent = {
  readonly rowsHash: string;
  readonly schemaChanges: readonly string[];
  readonly specialCells: ArchivedTable['specialValues'];
  readonly ddlDigest: string;
  readonly sequences: readonly SequenceValue[];
  /** `schema.name` of sequences whose value this user may not read. */
  readonly unreadSequences: readonly string[];
  /** What is wrong with the table in the source, one sentence each. */
  readonly warnings: readonly string[];
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
    [MARK.ddl]: content.ddlDigest,
    ...(content.sequences.length === 0
      ? {}
      : { [MARK.sequences]: JSON.stringify(content.sequences.map(toTuple)) }),
    ...(content.unreadSequences.length === 0
      ? {}
      : { [MARK.unreadSequences]: JSON.stringify(shorten(content.unreadSequences, 'sequences')) }),
    ...(content.warnings.length === 0
      ? {}
      : { [MARK.warnings]: JSON.stringify(shorten(content.warnings, 'warnings')) }),
    ...(input.late ? { [MARK.late]: 'true' } : {}),
    ...(content.schemaChanges.length === 0
      ? {}
      : { [MARK.schemaChanges]: JSON.stringify(shorten(content.schemaChanges, 'changes')) }),
    ...(content.specialCells.length === 0
      ? {}
      : { [MARK.specialCells]: JSON.stringify(content.specialCells.slice(0, MOST_LISTED)) }),
  };
}

/** Summaries stay in the metadata for ever and cross the workflow's history: a table that changed whole says it short. */
const MOST_LISTED = 20;

function shorten(texts: readonly string[], what: string): readonly string[] {
  if (texts.length <= MOST_LISTED) return texts;
  return [...texts.slice(0, MOST_LISTED - 1), `and ${texts.length - MOST_LISTED + 1} more ${what}`];
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
  outcome: Pick<ArchivedTable, 'seconds' | 'alreadyCommitted' | 'stages'>,
): ArchivedTable {
  const { summary } = snapshot;
  const version = versionOf(table, snapshot);
  const warnings = summary[MARK.warnings];
  return {
    kind: 'archived',
    schema: input.table.schema,
    name: input.table.name,
    lakeTable: input.table.lakeTable,
    rows: Number(summary['added-records'] ?? 0),
    bytes: Number(summary['added-files-size'] ?? 0),
    seconds: outcome.seconds,
    ...(outcome.stages === undefined ? {} : { stages: outcome.stages }),
    snapshotId: String(snapshot['snapshot-id']),
    metadataVersion: version?.number ?? table.metadataVersion,
    metadataLocation: version?.location ?? table.metadataLocation,
    operation: summary.operation === 'overwrite' ? 'overwrite' : 'append',
    consistencyGroup: summary[MARK.consistencyGroup] ?? input.consistencyGroup,
    alreadyCommitted: outcome.alreadyCommitted,
    specialValues: specialCells.parse(JSON.parse(summary[MARK.specialCells] ?? '[]')),
    schemaChanges: schemaChangesOf(snapshot),
    unreadSequences: texts.parse(JSON.parse(summary[MARK.unreadSequences] ?? '[]')),
    ...(warnings === undefined ? {} : { warnings: texts.parse(JSON.parse(warnings)) }),
  };
}

/** Where the sequences of the table stood that night. */
export function sequencesOf({ summary }: Snapshot): readonly SequenceValue[] {
  const tuples = sequences.parse(JSON.parse(summary[MARK.sequences] ?? '[]'));
  return tuples.map(([schema, name, lastValue, isCalled]) => ({ schema, name, lastValue, isCalled }));
}

function toTuple({ schema, name, lastValue, isCalled }: SequenceValue): z.infer<typeof sequences>[number] {
  return [schema, name, lastValue, isCalled];
}

/** What changed in the table with this snapshot, one sentence each. */
export function schemaChangesOf({ summary }: Snapshot): readonly string[] {
  return texts.parse(JSON.parse(summary[MARK.schemaChanges] ?? '[]'));
}

const specialCells = z.array(z.object({ column: z.string(), cells: z.number(), companion: z.string() }));
const texts = z.array(z.string());
const sequences = z.array(z.tuple([z.string(), z.string(), z.string().regex(/^-?\d+$/), z.boolean()]));
