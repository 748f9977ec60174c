import { lstat, readdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { temporaryPrefix } from './object-path.ts';

/** A writer that lives has written to its file within the day: a stream that stalls is given up after minutes. */
const LEFT_BEHIND_MS = 24 * 3_600_000;

/** Enough for the nights of the week before: a night that died is swept by one that follows within days. */
const NEIGHBOURS = 8;

export type SweepOptions = {
  /** Nothing outside of it is looked at. */
  readonly root: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** True where the directory was just made: then only those before it are looked at. */
  readonly isNew: boolean;
};

/**
 * Removes the temporary files of killed writers, those untouched for a day, from a directory and, of a partition, from the
 * few that come before it by name: a night writes to a directory of its own (`dt=…`) and does not return to it. Bounded, so that a table
 * of ten years costs no more than a few listings. Should the file be a living writer's after all, its write fails and
 * is done again. Never throws: what stays is invisible and harmless.
 */
export async function sweepTemporaries(directory: string, options: SweepOptions): Promise<void> {
  const { root, now, isNew } = options;
  const neighbours = directory !== root && isPartition(directory) ? await neighboursBefore(directory) : [];
  for (const swept of isNew ? neighbours : [directory, ...neighbours]) {
    for (const file of await temporariesOf(swept)) await removeIfLeftBehind(file, now);
  }
}

/** Named `dt=…`, as Iceberg's writers name the folders of partitions. */
function isPartition(directory: string): boolean {
  return basename(directory).includes('=');
}

async function neighboursBefore(directory: string): Promise<readonly string[]> {
  const parent = dirname(directory);
  const own = basename(directory);
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && entry.name < own)
    .map((entry) => join(parent, entry.name))
    .toSorted()
    .slice(-NEIGHBOURS);
}

async function temporariesOf(directory: string): Promise<readonly string[]> {
  // Not there any more, or not ours to read: then there is nothing to sweep.
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => name.startsWith(temporaryPrefix)).map((name) => join(directory, name));
}

async function removeIfLeftBehind(file: string, now: number): Promise<void> {
  try {
    const status = await lstat(file);
    if (status.isFile() && now - status.mtimeMs > LEFT_BEHIND_MS) await unlink(file);
  } catch {
    // Another writer swept it first, or it is not ours to remove.
  }
}
