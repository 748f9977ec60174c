import { rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/** ext4 takes several times as long to make files within seconds of the removal of others. */
const FORGET_MS = 6_000;

/** Removes what contenders wrote, once all have run, and waits until the file system has forgotten it. */
export async function removeOutput(folder: string): Promise<void> {
  await rm(folder, { recursive: true });
  await setTimeout(FORGET_MS);
}
