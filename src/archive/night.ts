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
};

export type PlannedTable = {
  /** Postgres schema and name, unquoted. */
  readonly schema: string;
  readonly name: string;
  /** Folder of the table under iceberg/ in the lake. */
  readonly lakeTable: string;
  /** Estimates from the catalog; only for ordering and progress. */
  readonly estimatedRows: number;
  readonly estimatedBytes: number;
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
  readonly snapshotId: string;
  readonly metadataVersion: number;
  readonly metadataLocation: string;
  readonly operation: 'append' | 'overwrite';
  /** A, B, …: tables with the same letter were read under the same Postgres snapshot. */
  readonly consistencyGroup: string;
  /** True when an earlier attempt had committed this night already and nothing was done. */
  readonly alreadyCommitted: boolean;
  /** Values kept as text in a companion column, by column; empty almost always. */
  readonly specialValues: readonly { readonly column: string; readonly cells: number }[];
  /** What changed in the table since the night before, one sentence each. */
  readonly schemaChanges: readonly string[];
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
  /** Workflow id and UI address, where the night ran under Temporal. */
  readonly workflow?: { readonly id: string; readonly runId: string; readonly url?: string };
};

export type ConsistencyGroup = {
  readonly letter: string;
  /** pg_export_snapshot()'s id. */
  readonly snapshotId: string;
  /** Write-ahead log position when the snapshot was taken. */
  readonly lsn: string;
  readonly exportedAt: string;
};

/** A night is whole when every planned table is archived and none is missing. */
export function nightSucceeded(result: NightResult): boolean {
  return result.missing.length === 0 && result.tables.every((table) => table.kind === 'archived');
}

/** `schema.name` for people. */
export function tableLabel(table: { readonly schema: string; readonly name: string }): string {
  return `${table.schema}.${table.name}`;
}
