import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findServerAccount } from './server-account.ts';
import { prepareFolder, runsPostgres } from './server-cluster.ts';

/**
 * Removes folders of servers whose owner was killed before it could: those directly below `parent` whose name begins
 * with `prefix`, that were made longer ago than `olderThanMs`, and on which no Postgres of this machine runs. What
 * stands in for such a folder goes with it.
 */
export async function removeAbandonedClusters(
  parent: string,
  { prefix, olderThanMs }: { readonly prefix: string; readonly olderThanMs: number },
): Promise<void> {
  const account = await findServerAccount();
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(prefix))) {
    const folder = join(parent, name);
    if (Date.now() - (await stat(folder)).mtimeMs < olderThanMs) continue;
    const used = await prepareFolder(folder, account, []);
    const clusters = (await readdir(used)).map((cluster) => join(used, cluster));
    const running = await Promise.all(clusters.map((cluster) => runsPostgres({ folder: cluster })));
    if (running.includes(true)) continue;
    for (const left of new Set([used, folder])) await rm(left, { recursive: true, force: true });
  }
}
