import { execFile } from 'node:child_process';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { PermafrostError } from '../errors.ts';

const run = promisify(execFile);

/**
 * Postgres refuses to run as root. `user` is undefined where the server runs as ourselves, else the account that it
 * runs under instead.
 */
export type ServerAccount = { readonly user: { readonly uid: number; readonly gid: number } | undefined };

/** The account for the server: ourselves, or, for root, the system's `postgres` user, which is made if there is none. */
export async function findServerAccount(): Promise<ServerAccount> {
  if (process.getuid?.() !== 0) return { user: undefined };
  const found = await lookUpUser('postgres');
  if (found) return { user: found };
  try {
    await run('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/bin/false',
      'postgres',
    ]);
  } catch (cause) {
    throw noAccount(cause);
  }
  const made = await lookUpUser('postgres');
  if (made) return { user: made };
  throw noAccount();
}

function noAccount(cause?: unknown): PermafrostError {
  return new PermafrostError(
    'configuration',
    'Postgres does not run as root, and there is no user "postgres"',
    {
      cure: 'run as another user, or add a user named "postgres"',
      cause,
    },
  );
}

async function lookUpUser(name: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** How the server's programs are run. They see nothing of our environment: it may hold secrets and PG* variables. */
export function processOptions(account: ServerAccount) {
  return { ...account.user, cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } };
}

/** True where the account may pass through the folder or run the program, as the system itself judges it. */
export async function mayExecute(path: string, account: ServerAccount): Promise<boolean> {
  try {
    await run('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], processOptions(account));
    return true;
  } catch {
    return false;
  }
}

/** Makes a folder that the account may pass through: for an account of its own that is o+x, and no more. */
export async function makeFolder(folder: string, account: ServerAccount): Promise<void> {
  await mkdir(folder, { recursive: true, mode: account.user ? 0o711 : 0o700 });
  if (!account.user) return;
  const mode = (await stat(folder)).mode & 0o7777;
  if ((mode & 0o001) === 0) await chmod(folder, mode | 0o001);
}
