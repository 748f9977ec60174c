import type {
  ArchivedTable,
  DrillResult,
  ExportedSnapshot,
  NightPlan,
  NightRequest,
  NightResult,
  PlannedTable,
  ReportDelivery,
  TableProgress,
} from './night.ts';

export type { ExportedSnapshot } from './night.ts';

/**
 * The use cases of a night, whoever drives them: Temporal's activities or the process itself (`--no-temporal`).
 * Every method may be repeated; every error is a `PermafrostError`.
 */
export interface Archiver {
  /** Exports a Postgres snapshot and keeps its transaction open until `close`. */
  openSnapshot(signal: AbortSignal): Promise<HeldSnapshot>;
  /** Says which tables the night holds, as the snapshot sees them. */
  planNight(request: DatedNightRequest, snapshot: ExportedSnapshot, signal?: AbortSignal): Promise<NightPlan>;
  /** Archives one table whole, or not at all. Done before for the same night and run, it changes nothing. */
  archiveTable(input: ArchiveTableInput, options: ArchiveTableOptions): Promise<ArchivedTable>;
  /** Restores tables of a night into scratch databases, and leaves evidence in the lake. */
  drillNight(request: DrillRequest, options: DrillOptions): Promise<DrillResult>;
  /** Sends or writes the diagnostic e-mail. */
  sendReport(result: NightResult): Promise<ReportDelivery>;
  /** Writes the e-mail into the mail folder, where the mail server did not take it. */
  keepReport(result: NightResult): Promise<ReportDelivery>;
}

export type DatedNightRequest = NightRequest & { readonly night: string };

export type HeldSnapshot = {
  readonly info: ExportedSnapshot;
  /** Rejects with `snapshot-lost` when the session that holds the snapshot dies; never resolves. */
  readonly lost: Promise<never>;
  /** Ends the transaction. Never throws. */
  close(): Promise<void>;
};

export type ArchiveTableInput = {
  readonly night: string;
  readonly set: string;
  /** Names this run of the night in snapshot summaries; the same for every attempt of one workflow. */
  readonly runId: string;
  readonly table: PlannedTable;
  readonly snapshot: ExportedSnapshot;
  readonly consistencyGroup: string;
  /** True where a past night is recorded with today's state. */
  readonly late: boolean;
};

export type ArchiveTableOptions = {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TableProgress) => void;
};

export type DrillRequest = {
  /** Undefined: the newest night of the lake. */
  readonly night: string | undefined;
  /** Only tables that this run committed. */
  readonly runId?: string;
  /** Patterns of the tables to restore; empty for a sample. */
  readonly tables: readonly string[];
};

export type DrillOptions = {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: {
    readonly table: string;
    readonly done: number;
    readonly of: number;
  }) => void;
};
