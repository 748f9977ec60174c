import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import { createServer, Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, escapeIdentifier } from 'pg';
import { PermafrostError } from '../errors.ts';
import { findServerAccount, processOptions } from './server-account.ts';
import {
  type Cluster,
  initialiseCluster,
  prepareFolder,
  readPidFile,
  refuseSecondServer,
  superuser,
} from './server-cluster.ts';
import { findPrograms } from './server-programs.ts';

/** A Postgres of our own, for the demo and for tests. It lives no longer than this process. */
export type EmbeddedPostgres = {
  /** Where its files are: the folder asked for, or the one that stands in for it. */
  readonly folder: string;
  readonly port: number;
  /** What a person should know about this start; empty almost always. */
  readonly notices: readonly string[];
  /** Connection string of a superuser. It holds the password: never print it. */
  url(database?: string): string;
  /** Ends all sessions and stops the server; returns when it is gone. */
  stop(): Promise<void>;
};

const startSeconds = 60;
const stopSeconds = 30;

// A demo database can be made again from its seed, so it trades safety against power loss for speed. The end of a
// process, however sudden, loses nothing: what was committed is with the kernel (so synchronous_commit stays on).
const demoSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  fsync: 'off',
  full_page_writes: 'off',
  max_wal_size: '2GB',
  jit: 'off',
  log_checkpoints: 'off',
};

// The server runs in a session of its own, so that Ctrl-C in a terminal does not take it away from a night that is
// still closing down. Instead it lives as long as our end of the pipe on fd 0: it stops when we close it, and when we
// exit or are killed, the system closes it. No exit or signal handlers are needed.
const keeper = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
{ read -r _ <&3; kill -INT "$server"; } &
reader=$!
exec 3<&-
wait "$server"
status=$?
kill "$reader" 2>/dev/null
exit "$status"
`;

/**
 * Starts Postgres on the folder, which is filled the first time. Listens on 127.0.0.1 only, at the port asked for, else
 * at the port of the last start if it is free, else at any free one. Sessions need the password (SCRAM): loopback is
 * open to every user of the machine, and a superuser of Postgres runs programs. The password is random and kept in the
 * folder in a file of mode 0600; the log is `server.log` beside it.
 *
 * As root the server runs as the user `postgres`. The folder itself then gets o+x; where a folder above it shuts
 * that user out, a folder under /var/lib/permafrost takes its place and `notices` says so.
 *
 * `settings` are server settings (`max_connections`, `ssl`, …) on top of the demo's own.
 */
export async function startEmbeddedPostgres(options: {
  readonly folder: string;
  readonly port?: number;
  readonly settings?: Readonly<Record<string, string>>;
}): Promise<EmbeddedPostgres> {
  const notices: string[] = [];
  const account = await findServerAccount();
  const folder = await prepareFolder(resolve(options.folder), account, notices);
  const programs = await findPrograms(account);
  // A later major version cannot read the files of an earlier one: each has a folder of its own.
  const cluster: Cluster = { folder: join(folder, `postgres-${programs.majorVersion}`), account, programs };
  await initialiseCluster(cluster);
  await refuseSecondServer(cluster, stopSeconds);
  const password = (await readFile(join(cluster.folder, 'password'), 'utf8')).trim();
  const { server, port } = await launchOnSomePort(cluster, password, options.port, {
    ...demoSettings,
    ...options.settings,
  });
  return {
    folder,
    port,
    notices,
    url: (database = 'postgres') => connectionString(port, password, database),
    stop: () => stopServer(cluster, server),
  };
}

/** Makes a database unless it is there, and returns its connection string. */
export async function createDatabase(server: EmbeddedPostgres, name: string): Promise<string> {
  const client = new Client({ connectionString: server.url() });
  await client.connect();
  try {
    const found = await client.query('select from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`create database ${escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  return server.url(name);
}

function connectionString(port: number, password: string, database: string): string {
  return `postgresql://${superuser}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

/** Another program may take a free port between our look and the server's: then the next free one is tried. */
async function launchOnSomePort(
  cluster: Cluster,
  password: string,
  wanted: number | undefined,
  settings: Settings,
) {
  const portFile = join(cluster.folder, 'port');
  const last = Number(await readFile(portFile, 'utf8').catch(() => '0'));
  for (let attempt = 1; ; attempt++) {
    const port = (await freePort(wanted ?? last)) || (wanted === undefined ? await freePort(0) : 0);
    if (port === 0) throw portTaken(wanted ?? last);
    const launched = await launch(cluster, password, port, settings);
    if (launched.kind === 'ready') {
      if (port !== last) await writeFile(portFile, `${port}\n`);
      return { server: launched.server, port };
    }
    if (!launched.log.includes('Address already in use')) throw startFailure(cluster, launched.log);
    if (wanted !== undefined || attempt === 5) throw portTaken(port);
  }
}

function portTaken(port: number): PermafrostError {
  return new PermafrostError('configuration', `port ${port} of 127.0.0.1 is taken`, {
    cure: 'choose another port, or none to have a free one picked',
  });
}

function startFailure(cluster: Cluster, log: string): PermafrostError {
  // The last one: earlier ones may be answers to our own early attempts to connect.
  const reason = [...log.matchAll(/(?:FATAL|PANIC): +(.*)/g)].at(-1)?.[1] ?? 'no reason given';
  return new PermafrostError('unexpected', `the embedded Postgres did not start: ${reason}`, {
    cure: `read ${join(cluster.folder, 'server.log')}`,
  });
}

/** The port if it is free on 127.0.0.1 (any free one for 0), else 0. */
async function freePort(port: number): Promise<number> {
  const probe = createServer();
  try {
    probe.listen(port, '127.0.0.1');
    await once(probe, 'listening');
    const address = probe.address();
    return typeof address === 'object' && address ? address.port : 0;
  } catch {
    return 0;
  } finally {
    probe.close();
  }
}

type Settings = Readonly<Record<string, string>>;

type Launched =
  | { readonly kind: 'ready'; readonly server: ChildProcess }
  | { readonly kind: 'ended'; readonly log: string };

async function launch(
  cluster: Cluster,
  password: string,
  port: number,
  settings: Settings,
): Promise<Launched> {
  const logFile = join(cluster.folder, 'server.log');
  const log = await open(logFile, 'a', 0o600);
  try {
    const logStart = (await log.stat()).size;
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const command = [
      cluster.programs.postgres,
      '-D',
      join(cluster.folder, 'data'),
      '-p',
      String(port),
      ...flags,
    ];
    const server = spawn('/bin/sh', ['-c', keeper, 'sh', ...command], {
      ...processOptions(cluster.account),
      detached: true,
      stdio: ['pipe', log.fd, log.fd],
    });
    // The pipe breaks when the server ends by itself; it carries nothing, so nothing is lost.
    server.stdin?.on('error', () => undefined);
    server.once('exit', () => server.stdin?.destroy());
    if (await becomesReady(cluster, server, connectionString(port, password, 'postgres'))) {
      // A server that was forgotten shall not keep our process alive.
      server.unref();
      if (server.stdin instanceof Socket) server.stdin.unref();
      return { kind: 'ready', server };
    }
    return { kind: 'ended', log: (await readFile(logFile)).subarray(logStart).toString() };
  } finally {
    await log.close();
  }
}

/** True once sessions are let in; false when the server ended first, or was ended because it took too long. */
async function becomesReady(cluster: Cluster, server: ChildProcess, url: string): Promise<boolean> {
  const deadline = Date.now() + startSeconds * 1000;
  while (!hasEnded(server)) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return true;
    } catch {
      if (Date.now() > deadline) await stopServer(cluster, server);
      else await sleep(20);
    }
  }
  return false;
}

function hasEnded(server: ChildProcess): boolean {
  return server.exitCode !== null || server.signalCode !== null;
}

async function stopServer(cluster: Cluster, server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return;
  const ended = once(server, 'exit');
  server.ref();
  server.stdin?.destroy();
  const patience = new AbortController();
  const tooLong = sleep(stopSeconds * 1000, undefined, { signal: patience.signal }).catch(() => undefined);
  await Promise.race([ended, tooLong]);
  patience.abort();
  if (hasEnded(server)) return;
  // Immediate shutdown; the next start replays the write-ahead log.
  const { pid } = await readPidFile(cluster);
  if (pid !== undefined) process.kill(pid, 'SIGQUIT');
  await ended;
}
