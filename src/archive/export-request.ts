import type { NestedField } from '../iceberg/schema.ts';
import type { SpecialCellCount } from '../postgres/copy/batch-builder.ts';
import type { BlockRange } from '../postgres/block-range.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import type { SnapshotKey } from '../postgres/snapshot-transaction.ts';
import type { TableDescription } from '../postgres/table-description.ts';
import type { WireColumn } from '../postgres/copy/wire-column.ts';
import type { StoreLocation } from '../storage/open-store.ts';
import type { WrittenObject } from '../storage/object-store.ts';
import type { ExportSeconds } from './stage-seconds.ts';

/** The stream of a table, or of a chunk of one, into one data file. Plain data: it crosses to the export thread. */
export type ExportRequest = {
  readonly connection: ConnectionSettings;
  /** The exported Postgres snapshot to read under. */
  readonly snapshot: SnapshotKey;
  readonly store: StoreLocation;
  /** Path of the data file in the store. */
  readonly path: string;
  readonly table: TableDescription;
  /** The rows to read; absent for all of them. */
  readonly chunk?: BlockRange;
  readonly columns: readonly WireColumn[];
  /** Fields of the data file: `dt`, then one per Arrow column of the stream. */
  readonly fields: readonly NestedField[];
  /** Names of fields whose smallest and largest value may not stand in the file's footer. */
  readonly withoutStatistics: readonly string[];
  /** Days since 1970-01-01 of the night: the value of `dt`. */
  readonly days: number;
};

export type ExportOutcome = ExportedFile | SpecialValuesFound;

/** Columns hold values that their type cannot: nothing was written; ask again with companions for them. */
export type SpecialValuesFound = { readonly kind: 'special-values'; readonly columns: readonly string[] };

export type ExportedFile = {
  readonly kind: 'exported';
  readonly object: WrittenObject;
  /** Tuples decoded; equals what the server's CommandComplete said. */
  readonly rows: number;
  /** Bytes received from Postgres. */
  readonly bytes: number;
  /** SHA-256 over the tuples as Postgres sent them (see ArrayDecoder), in order; lower-case hex. */
  readonly rowsHash: string;
  /** Columns with cells that a companion keeps. */
  readonly specialCells: readonly SpecialCellCount[];
  readonly stages: ExportSeconds;
};
