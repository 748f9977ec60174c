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

/** Told what happens while tables are restored. */
export interface RestoreWatcher {
  progressed(table: { readonly schema: string; readonly name: string }, rows: number): void;
  restored(table: RestoredTable): void;
}
