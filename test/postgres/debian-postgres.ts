import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findServerAccount, processOptions } from '../../src/demo/server-account.ts';
import { runSql, type TestPostgres } from './test-server.ts';

const run = promisify(execFile);
const bin = '/usr/lib/postgresql/15/bin';

export const psqlProgram = join(bin, 'psql');

/** True where Debian's PostgreSQL 15, with its client programs, is installed. */
export const hasDebianPostgres = ['initdb', 'postgres', 'pg_dump'].every((name) =>
  existsSync(join(bin, name)),
);

/** Starts Debian's PostgreSQL 15 on a free port of the loopback, for anyone on the machine; `stop` throws the data away. */
export async function startDebianPostgres(): Promise<TestPostgres> {
  const account = await findServerAccount();
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-debian-postgres-'));
  if (account.user) await chown(folder, account.user.uid, account.user.gid);
  const data = join(folder, 'data');
  const flags = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await run(join(bin, 'initdb'), [`--pgdata=${data}`, ...flags], processOptions(account));
  const port = await freePort();
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(bin, 'postgres'), ['-D', data, '-p', `${port}`, ...options], {
    ...processOptions(account),
    stdio: 'ignore',
  });
  const ended = once(server, 'exit');
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres?sslmode=disable`;
  await becomesReady(url);
  return {
    url,
    port,
    stop: async () => {
      server.kill('SIGINT');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The schema as Debian's pg_dump writes it: its statements, sorted. */
export async function pgDump(url: string): Promise<readonly string[]> {
  const { stdout } = await run(join(bin, 'pg_dump'), ['--schema-only', url], { maxBuffer: 2 ** 28 });
  const statements = stdout
    .split('\n')
    // pg_dump of late wraps its output in a key of its own, made anew each time.
    .filter((line) => !line.startsWith('--') && !/^\\(un)?restrict /.test(line))
    .join('\n')
    .split(/\n{2,}/);
  return statements.map((statement) => statement.trim()).toSorted();
}

async function becomesReady(url: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await runSql(url, 'SELECT');
      return;
    } catch (error) {
      if (attempt === 200) throw error;
      await sleep(50);
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
