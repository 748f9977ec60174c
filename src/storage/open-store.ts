import { openFolderStore } from './folder-store.ts';
import type { ObjectStore } from './object-store.ts';

/** Where a lake lies. Plain data: it crosses threads. */
export type StoreLocation = {
  readonly kind: 'folder';
  /** Absolute path. */
  readonly folder: string;
};

/** Opens the store; nothing is created or checked before the first write. */
export function openStore(location: StoreLocation): ObjectStore {
  return openFolderStore(location.folder);
}
