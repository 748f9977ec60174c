import type { FrozenTable } from './frozen-table.ts';

/** A table that is back, its rows proved to be those of the night. */
export type RestoredTable = {
  readonly schema: string;
  readonly name: string;
  readonly night: string;
  readonly snapshotId: string;
  readonly rows: number;
  readonly rowsHash: string;
  readonly seconds: number;
};

/** What is told of a table that is back now; `startedAt` by performance.now(). */
export function toRestoredTable(table: FrozenTable, startedAt: number): RestoredTable {
  const { schema, name, night, snapshotId, rows, rowsHash } = table;
  const seconds = (performance.now() - startedAt) / 1000;
  return { schema, name, night, snapshotId, rows, rowsHash, seconds };
}

/** Told what happens while tables are restored. */
export interface RestoreWatcher {
  progressed(table: { readonly schema: string; readonly name: string }, rows: number): void;
  restored(table: RestoredTable): void;
}
