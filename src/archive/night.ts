import type { RelationKind } from '../postgres/table-description.ts';
import type { StageSeconds } from './stage-seconds.ts';

/**
 * What a night is planned to do and what came of it. Everything here is JSON-safe: it crosses the workflow's history,
 * the mail and `--json`. int64 ids are decimal strings.
 */

/** Asks for a night. */
export type NightRequest = {
  /** Run date, `yyyy-mm-dd`, UTC; undefined where the schedule's own start time decides. */
  readonly night?: string;
  /** Name of the source set in tables/, or `adhoc`. */
  readonly set: string;
  /** Patterns that narrow the set (`public.orders`, `public.*`); empty for the whole set. */
  readonly tables: readonly string[];
  /** True where a past night is recorded with today's state (a backfill). */
  readonly late?: boolean;
  /** Tables that workers are asked for at the same time; 2 unless told otherwise. */
  readonly tableConcurrency?: number;
  /** True where a person waits for the night: a report that cannot be sent is given up soon. */
  readonly attended?: boolean;
  /** True: some of its tables are restored at the end, to prove that they can be. */
  readonly drill?: boolean;
};

export type NightPlan = {
  readonly night: string;
  readonly set: string;
  /** `database at host:port`, never with a user's password. */
  readonly source: string;
  /** Absolute URI of the lake. */
  readonly lake: string;
  /** Largest first. */
  readonly tables: readonly PlannedTable[];
  /** Tables of the source that a rule of the set leaves out. */
  readonly excluded: readonly ExcludedTable[];
  /** Tables that the set names and the source does not have. */
  readonly missing: readonly string[];
  /** What an operator should know of the source, one sentence each; absent where there is nothing. */
  readonly warnings?: readonly string[];
};

export type PlannedTable = {
  /** Postgres schema and name, unquoted. */
  readonly schema: string;
  readonly name: string;
  readonly oid: number;
  /** Absent for an ordinary table; else what was named in the place of one. */
  readonly kind?: RelationKind;
  /** Folder of the table under iceberg/ in the lake. */
  readonly lakeTable: string;
  /** Estimate from the catalog; only for progress. */
  readonly estimatedRows: number;
  /** Size on disk with TOAST; orders the night, and bounds how long the table may take. */
  readonly estimatedBytes: number;
  /** What becomes of a value that its Iceberg type cannot hold: kept as text beside it, or the table fails. */
  readonly specialValues: 'companion' | 'fail';
  /** Columns whose values may not stand in manifests and file footers. */
  readonly boundsOff: readonly string[];
};

export type ExcludedTable = { readonly schema: string; readonly name: string; readonly rule: string };

/** Rows and bytes so far of one table; a hint for people, never truth. */
export type TableProgress = {
  readonly stage: 'describing' | 'exporting' | 'verifying' | 'committing';
  readonly rows: number;
  /** Bytes received from Postgres. */
  readonly bytes: number;
};

export type TableResult = ArchivedTable | FailedTable;

export type ArchivedTable = {
  readonly kind: 'archived';
  readonly schema: string;
  readonly name: string;
  readonly lakeTable: string;
  readonly rows: number;
  /** Bytes of the data files. */
  readonly bytes: number;
  readonly seconds: number;
  /** Where the time went; absent where nothing was done. */
  readonly stages?: StageSeconds;
  readonly snapshotId: string;
  readonly metadataVersion: number;
  readonly metadataLocation: string;
  readonly operation: 'append' | 'overwrite';
  /** A, B, …: tables with the same letter were read under the same Postgres snapshot. */
  readonly consistencyGroup: string;
  /** True when an earlier attempt had committed this night already and nothing was done. */
  readonly alreadyCommitted: boolean;
  /** Values kept as text in a companion column, by column; empty almost always. */
  readonly specialValues: readonly SpecialValues[];
  /** What changed in the table since the night before, one sentence each. */
  readonly schemaChanges: readonly string[];
  /** `schema.name` of sequences whose value could not be read, for want of a grant; restore sets them by the rows. */
  readonly unreadSequences: readonly string[];
  /** What is wrong with the table in the source, one sentence each; absent where nothing is. */
  readonly warnings?: readonly string[];
};

/** Cells of a column that a companion keeps. */
export type SpecialValues = {
  /** In Postgres. */
  readonly column: string;
  readonly cells: number;
  /** The companion's name in the lake: `<name>__raw`, unless a column has that name. */
  readonly companion: string;
};

export type FailedTable = {
  readonly kind: 'failed';
  readonly schema: string;
  readonly name: string;
  readonly lakeTable: string;
  /** An `ErrorCode`. */
  readonly code: string;
  readonly message: string;
  readonly cure?: string;
};

export type NightResult = {
  readonly night: string;
  readonly set: string;
  /** True where a past night was recorded with the state of the day of the run. */
  readonly late: boolean;
  readonly source: string;
  readonly lake: string;
  /** ISO instants. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly consistencyGroups: readonly ConsistencyGroup[];
  /** In the plan's order. */
  readonly tables: readonly TableResult[];
  readonly excluded: readonly ExcludedTable[];
  readonly missing: readonly string[];
  /** Of the plan. */
  readonly warnings?: readonly string[];
  /** What became of the diagnostic e-mail; absent in the e-mail itself. */
  readonly report?: ReportOutcome;
  /** Absent where none was asked for, or nothing was archived. */
  readonly drill?: DrillResult;
  /** Why no plan could be made; then `tables` is empty, and `source` and `lake` are empty strings. */
  readonly failure?: NightFailure;
  /** Workflow id and UI address, where the night ran under Temporal. */
  readonly workflow?: { readonly id: string; readonly runId: string; readonly url?: string };
};

export type ReportDelivery =
  | {
      readonly kind: 'sent';
      /** The recipients that the server accepted. */
      readonly to: readonly string[];
      /** The recipients that it did not; empty almost always. */
      readonly refused: readonly string[];
      readonly messageId: string;
    }
  | { readonly kind: 'written'; readonly files: readonly string[] };

export type ReportOutcome =
  | ReportDelivery
  /** The mail server did not take it; it is in these files instead, unless even that failed. */
  | ({ readonly kind: 'not-sent'; readonly files: readonly string[] } & NightFailure);

/** What came of restoring some tables of the night. */
export type DrillResult =
  | {
      readonly kind: 'passed' | 'failed';
      readonly night: string;
      readonly tables: readonly DrilledTable[];
      /** URI of the evidence in the lake. */
      readonly evidence: string;
    }
  /** Nothing was proved: there is no scratch database, or the lake could not be read. */
  | ({ readonly kind: 'not-run' } & NightFailure);

export type DrilledTable = {
  /** `schema.name` */
  readonly table: string;
  readonly chosenAs: 'smallest' | 'largest' | 'random' | 'asked-for';
  readonly snapshotId: string;
  readonly rows: number;
  /** SHA-256 of the rows as they were archived; what was restored has the same, unless there is a failure. */
  readonly rowsHash: string;
  readonly seconds: number;
  /** Constraints, indexes and the like that the scratch database refused. */
  readonly refused: readonly string[];
  /** Why it did not come back. */
  readonly failure?: NightFailure;
};

export type NightFailure = {
  /** An `ErrorCode`. */
  readonly code: string;
  readonly message: string;
  readonly cure?: string;
};

/** A Postgres snapshot that other sessions can read under as long as its holder lives. */
export type ExportedSnapshot = {
  /** pg_export_snapshot()'s id. */
  readonly snapshotId: string;
  /** Of what the snapshot sees; tells it from another one that gets the same id after a restart of the server. */
  readonly fingerprint: string;
  /** Write-ahead log position at the export. */
  readonly lsn: string;
  /** ISO instant. */
  readonly exportedAt: string;
  readonly database: string;
  /** Of the cluster, the same on its standbys; absent where the hoster withholds it. */
  readonly systemIdentifier?: string;
};

export type ConsistencyGroup = ExportedSnapshot & { readonly letter: string };

/** A night is whole when there is a plan, every planned table is archived, none is missing, and the drill passed. */
export function nightSucceeded(result: NightResult): boolean {
  if (result.failure !== undefined || result.missing.length > 0) return false;
  if (result.drill !== undefined && result.drill.kind !== 'passed') return false;
  return result.tables.every((table) => table.kind === 'archived');
}

/**
 * One result for each planned table, in the plan's order. Should one not be there, or not have been asked for, through a
 * defect of ours, it is a failed table: what nobody accounts for must not look archived.
 */
export function settleResults(
  planned: readonly PlannedTable[],
  results: readonly TableResult[],
): readonly TableResult[] {
  const open = new Map(results.map((result) => [result.lakeTable, result]));
  const settled = planned.map((table): TableResult => {
    const result = open.get(table.lakeTable);
    if (result === undefined) return unaccounted(table, 'it was planned, but has no result');
    open.delete(table.lakeTable);
    return result;
  });
  return [...settled, ...[...open.values()].map((result) => unaccounted(result, 'it was not planned'))];
}

function unaccounted(
  table: Pick<PlannedTable, 'schema' | 'name' | 'lakeTable'>,
  message: string,
): FailedTable {
  const { schema, name, lakeTable } = table;
  const cure = 'archive the night again, and report this as a defect';
  return { kind: 'failed', schema, name, lakeTable, code: 'integrity', message, cure };
}

/** `schema.name` for people. */
export function tableLabel(table: { readonly schema: string; readonly name: string }): string {
  return `${table.schema}.${table.name}`;
}

/** The table's name in the lake, where people would look for it under another one. */
export function unlikeLakeName({
  schema,
  name,
  lakeTable,
}: Pick<PlannedTable, 'schema' | 'name' | 'lakeTable'>): string | undefined {
  const expected = schema === 'public' ? name : tableLabel({ schema, name });
  return lakeTable === expected ? undefined : lakeTable;
}
