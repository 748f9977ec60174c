import type { ThreadError } from '../archive/thread-error.ts';
import type { StoreLocation } from '../storage/open-store.ts';
import type { FrozenTable } from './frozen-table.ts';
import type { DatabaseRestore, DatabaseRestoreOptions } from './restore-database.ts';
import type { FolderRestore, FolderRestoreOptions } from './restore-folder.ts';
import type { RestoredTable } from './restored-table.ts';

/** What a restore thread is to do; plain data, which crosses threads. */
export type RestoreRequest = {
  readonly tables: readonly FrozenTable[];
  readonly store: StoreLocation;
  readonly into:
    | ({ readonly kind: 'database' } & Omit<DatabaseRestoreOptions, 'signal' | 'watch'>)
    | ({ readonly kind: 'folder' } & Omit<FolderRestoreOptions, 'signal' | 'watch'>);
};

export type Restore = DatabaseRestore | FolderRestore;

export type ToRestoreThread =
  | { readonly kind: 'restore'; readonly request: RestoreRequest }
  | { readonly kind: 'cancel' };

export type FromRestoreThread =
  | { readonly kind: 'progress'; readonly schema: string; readonly name: string; readonly rows: number }
  | { readonly kind: 'restored'; readonly table: RestoredTable }
  | { readonly kind: 'done'; readonly restore: Restore }
  | ({ readonly kind: 'failed' } & ThreadError);
