import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PermafrostError } from '../errors.ts';
import { makeFolder, mayExecute, processOptions, type ServerAccount } from './server-account.ts';
import { type ServerPrograms, stateFolder } from './server-programs.ts';

const run = promisify(execFile);

/** The files of one server: `data`, `password`, `port` and `server.log` in `folder`. */
export type Cluster = {
  readonly folder: string;
  readonly account: ServerAccount;
  readonly programs: ServerPrograms;
};

/** The one user of a fresh cluster. */
export const superuser = 'postgres';

/** Makes the folder, or one that stands in for it because the server's account cannot enter it, which is then told. */
export async function prepareFolder(
  wanted: string,
  account: ServerAccount,
  notices: string[],
): Promise<string> {
  await makeFolder(wanted, account);
  if (await mayExecute(wanted, account)) return realpath(wanted);
  const digest = createHash('sha256').update(wanted).digest('hex').slice(0, 8);
  const instead = join(stateFolder, `${basename(wanted)}-${digest}`);
  await makeFolder(instead, account);
  notices.push(`The server's user cannot enter ${wanted}; the database is in ${instead} instead.`);
  return instead;
}

/** Runs initdb beside its final place and moves it there whole: a start that was cut short leaves nothing half made. */
export async function initialiseCluster(cluster: Cluster): Promise<void> {
  if (existsSync(cluster.folder)) return;
  const draft = await mkdtemp(`${cluster.folder}.`);
  try {
    await makeFolder(draft, cluster.account);
    const data = join(draft, 'data');
    const password = join(draft, 'password');
    await mkdir(data, { mode: 0o700 });
    await writeFile(password, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 });
    if (cluster.account.user) {
      const { uid, gid } = cluster.account.user;
      await Promise.all([chown(data, uid, gid), chown(password, uid, gid)]);
    }
    await runInitdb(cluster, data, password);
    await rename(draft, cluster.folder).catch((error: unknown) => {
      // Two first starts at once: the one that moves first wins, and the other uses what it made.
      if (!existsSync(cluster.folder)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function runInitdb(cluster: Cluster, data: string, passwordFile: string): Promise<void> {
  const flags = [
    `--pgdata=${data}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ];
  try {
    await run(cluster.programs.initdb, flags, processOptions(cluster.account));
  } catch (cause) {
    throw new PermafrostError('unexpected', `initdb could not make a database in ${cluster.folder}`, {
      cure: 'look at the cause; missing space and the permissions of the folder are the usual ones',
      cause,
    });
  }
}

/**
 * Refuses a cluster that a living server uses. A server whose owner was killed a moment ago is waited for. The pid file
 * of a dead one is left to Postgres, unless its number now belongs to a program that is no Postgres, which would
 * make Postgres refuse to start.
 */
export async function refuseSecondServer(cluster: Cluster, stopSeconds: number): Promise<void> {
  const startedAt = Date.now();
  for (;;) {
    const { pid, status } = await readPidFile(cluster);
    if (pid === undefined || !isAlive(pid)) return;
    const command = await commandOf(pid);
    if (command !== undefined && !command.includes('postgres')) {
      await rm(pidFile(cluster), { force: true });
      return;
    }
    const patienceSeconds = status === 'stopping' ? stopSeconds : 1;
    if (Date.now() - startedAt > patienceSeconds * 1000) {
      throw new PermafrostError(
        'configuration',
        `process ${pid} already runs Postgres on ${cluster.folder}`,
        {
          cure: 'stop the other run first, or choose another folder',
        },
      );
    }
    await sleep(25);
  }
}

/** True where a living Postgres of this machine has the cluster. */
export async function runsPostgres(cluster: Pick<Cluster, 'folder'>): Promise<boolean> {
  const { pid } = await readPidFile(cluster);
  return pid !== undefined && isAlive(pid) && (await commandOf(pid))?.includes('postgres') !== false;
}

/** What the server says of itself; `pid` is undefined where it left no file. */
export async function readPidFile(
  cluster: Pick<Cluster, 'folder'>,
): Promise<{ pid: number | undefined; status: string | undefined }> {
  const lines = (await readFile(pidFile(cluster), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  return { pid: pid > 0 ? pid : undefined, status: lines[7]?.trim() };
}

function pidFile(cluster: Pick<Cluster, 'folder'>): string {
  return join(cluster.folder, 'data', 'postmaster.pid');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** The command line of a process; undefined where it cannot be read. */
async function commandOf(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') return await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return (await run('ps', ['-o', 'args=', '-p', String(pid)])).stdout;
  } catch {
    return undefined;
  }
}
