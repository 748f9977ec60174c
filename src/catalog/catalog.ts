import type { TableMetadata } from '../iceberg/table-metadata.ts';
import type { TableRequirement, TableUpdate } from '../iceberg/table-update.ts';

/**
 * Says which metadata of a table is current, and moves it by compare-and-swap.
 *
 * Errors: `lake-foreign` for a table folder that we cannot have written, `lake-unwritable` for I/O.
 */
export interface Catalog {
  /** Names of all tables, sorted. */
  listTables(): Promise<readonly string[]>;
  /** Undefined where there is no such table. */
  loadTable(name: string): Promise<LoadedTable | undefined>;
  /** Where a table that does not exist yet will live: an absolute URI. */
  tableLocation(name: string): string;
  /**
   * Applies the updates to the current metadata if every requirement holds, and makes the result current.
   *
   * Errors: `commit-conflict` when a requirement fails or another writer was first (reload, plan again);
   * `commit-state-unknown` when it cannot be told whether the commit happened (delete nothing).
   */
  commit(
    name: string,
    requirements: readonly TableRequirement[],
    updates: readonly TableUpdate[],
  ): Promise<LoadedTable>;
}

export type LoadedTable = {
  readonly name: string;
  readonly metadata: TableMetadata;
  /** Absolute URI of the metadata file. */
  readonly metadataLocation: string;
  /** N of `v<N>.metadata.json`. */
  readonly metadataVersion: number;
};
