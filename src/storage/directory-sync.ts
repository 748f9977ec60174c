import { open } from 'node:fs/promises';

/** Makes the names in a directory survive a power cut. */
export type SyncDirectory = (directory: string) => Promise<void>;

/**
 * Syncs a directory once for all who ask at about the same time: objects that are written into it together need no sync
 * each. A sync that has begun may come too early for a new name, so that who asks meanwhile shares the one after it.
 */
export function createDirectorySync(): SyncDirectory {
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();

  async function syncAfter(before: Promise<void> | undefined, directory: string): Promise<void> {
    await before?.catch(() => undefined);
    waiting.delete(directory);
    const sync = syncNow(directory);
    running.set(directory, sync);
    try {
      await sync;
    } finally {
      if (running.get(directory) === sync) running.delete(directory);
    }
  }

  return (directory) => {
    const shared = waiting.get(directory);
    if (shared !== undefined) return shared;
    const next = syncAfter(running.get(directory), directory);
    waiting.set(directory, next);
    return next;
  };
}

async function syncNow(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
