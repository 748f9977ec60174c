import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createDatabase,
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/demo/embedded-postgres.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

// Most tests start and stop a server on the same folder: only the first start takes a second.
let shared = '';
beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'permafrost-demo-'));
});
afterAll(() => rm(shared, { recursive: true, force: true }));

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-demo-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function start(folder: string, port?: number): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres(port === undefined ? { folder } : { folder, port });
  cleanups.push(() => server.stop());
  return server;
}

async function query(url: string, sql: string): Promise<unknown[][]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

const pidFileIn = (folder: string): string => join(folder, 'postgres-18', 'data', 'postmaster.pid');

async function pidIn(folder: string): Promise<number> {
  return Number((await readFile(pidFileIn(folder), 'utf8')).split('\n')[0]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function untilGone(pid: number): Promise<boolean> {
  for (let waited = 0; waited < 100 && isAlive(pid); waited++) await sleep(50);
  return !isAlive(pid);
}

describe('an embedded Postgres', () => {
  it('keeps its rows, its port and its password from start to start', async () => {
    const first = await start(shared);
    const url = await createDatabase(first, 'navigator');
    await query(url, 'create table kept as select 42 as n');
    await first.stop();
    await first.stop();
    const second = await start(shared);
    expect(second.url('navigator')).toBe(url);
    expect(await createDatabase(second, 'navigator')).toBe(url);
    expect(await query(url, 'select n from kept')).toStrictEqual([[42]]);
    expect(second.notices).toStrictEqual([]);
  });

  it('lets in only who knows the password, and only on loopback', async () => {
    const server = await start(shared);
    const wrong = server.url().replace(/:[0-9a-f]+@/, ':guess@');
    await expect(query(wrong, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    const password = await stat(join(server.folder, 'postgres-18', 'password'));
    expect(password.mode & 0o777).toBe(0o600);
    expect(await query(server.url(), 'show listen_addresses')).toStrictEqual([['127.0.0.1']]);
    expect(
      await query(
        server.url(),
        `select rolpassword like 'SCRAM-SHA-256$%' from pg_authid where rolname = 'postgres'`,
      ),
    ).toStrictEqual([[true]]);
  });

  it('sorts and compares text by code point in UTF-8, whatever the machine has for locales', async () => {
    const server = await start(shared);
    expect(
      await query(
        server.url(),
        'select datlocprovider, datlocale, pg_encoding_to_char(encoding) from pg_database where datname = current_database()',
      ),
    ).toStrictEqual([['b', 'C.UTF-8', 'UTF8']]);
  });

  it('takes further server settings', async () => {
    const server = await startEmbeddedPostgres({ folder: shared, settings: { max_connections: '17' } });
    cleanups.push(() => server.stop());
    expect(await query(server.url(), 'show max_connections')).toStrictEqual([['17']]);
  });

  it('says why the server did not start', async () => {
    await expect(
      startEmbeddedPostgres({ folder: shared, settings: { nonsense: '1' } }),
    ).rejects.toMatchObject({
      code: 'unexpected',
      message: expect.stringContaining('unrecognized configuration parameter "nonsense"'),
    });
  });

  it('refuses a folder that a living server uses, and leaves that server alone', async () => {
    const server = await start(shared);
    await expect(startEmbeddedPostgres({ folder: shared })).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringContaining(`process ${await pidIn(server.folder)} already runs Postgres`),
    });
    expect(await query(server.url(), 'select 1')).toStrictEqual([[1]]);
  });

  it('takes another port when the one of the last start is taken, but not when it was asked for', async () => {
    const first = await start(shared);
    await first.stop();
    const squatter = createServer().listen(first.port, '127.0.0.1');
    await once(squatter, 'listening');
    cleanups.push(async () => squatter.close());
    const second = await start(shared);
    expect(second.port).not.toBe(first.port);
    await second.stop();
    await expect(startEmbeddedPostgres({ folder: shared, port: first.port })).rejects.toMatchObject({
      code: 'configuration',
      message: `port ${first.port} of 127.0.0.1 is taken`,
    });
  });

  it('stops also while sessions are in the middle of something', async () => {
    const server = await start(shared);
    const pid = await pidIn(server.folder);
    const busy = query(server.url(), 'select pg_sleep(60)').catch((error: unknown) => error);
    await sleep(100);
    await server.stop();
    expect(await busy).toMatchObject({ code: '57P01' });
    expect(isAlive(pid)).toBe(false);
  });

  it('starts over the pid file of a dead run whose number another program has now', async () => {
    const first = await start(shared);
    const pidFile = pidFileIn(shared);
    const text = await readFile(pidFile, 'utf8');
    await first.stop();
    const other = spawn('sleep', ['60']);
    cleanups.push(async () => other.kill());
    await writeFile(pidFile, text.replace(/^\d+/, String(other.pid)));
    const second = await start(shared);
    expect(await query(second.url(), 'select 1')).toStrictEqual([[1]]);
    expect(other.exitCode).toBeNull();
  });

  it('recovers by itself after the server was killed', async () => {
    const first = await start(shared);
    await query(first.url(), 'create table survivors as select generate_series(1, 1000)');
    process.kill(await pidIn(first.folder), 'SIGKILL');
    await first.stop();
    const second = await start(shared);
    expect(await query(second.url(), 'select count(*)::int from survivors')).toStrictEqual([[1000]]);
  });

  it.runIf(process.getuid?.() === 0)(
    'moves to a state folder and says so where the server’s user cannot enter',
    async () => {
      const closed = await newFolder();
      const wanted = join(closed, 'demo');
      await mkdir(wanted);
      const server = await start(wanted);
      cleanups.splice(-1, 0, () => rm(server.folder, { recursive: true }));
      expect(server.folder).toMatch(/^\/var\/lib\/permafrost\/demo-[0-9a-f]{8}$/);
      expect(server.notices).toStrictEqual([expect.stringContaining(`cannot enter ${wanted}`)]);
      expect((await stat(closed)).mode & 0o777).toBe(0o700);
    },
  );

  it.runIf(process.getuid?.() === 0)('opens its folder no further than passing through', async () => {
    const narrow = await newFolder();
    await chmod(narrow, 0o750);
    await start(narrow);
    expect((await stat(narrow)).mode & 0o777).toBe(0o751);
  });
});

describe('an embedded Postgres whose owner ends', () => {
  const program = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(
      new URL('../../src/demo/embedded-postgres.ts', import.meta.url).href,
    )});
    const server = await startEmbeddedPostgres({ folder: process.argv[1] });
    console.log(server.port);
    if (process.argv[2] === 'stay') setInterval(() => undefined, 1000);
    process.exitCode = 3;
  `;

  function startOwner(folder: string, then: 'stay' | 'leave'): ChildProcess {
    const owner = spawn(process.execPath, ['--input-type=module', '-e', program, folder, then], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    cleanups.push(async () => owner.kill('SIGKILL'));
    return owner;
  }

  it.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)('ends with it on %s', async (signal) => {
    const owner = startOwner(shared, 'stay');
    if (owner.stdout) await once(owner.stdout, 'data');
    const pid = await pidIn(shared);
    owner.kill(signal);
    expect(await untilGone(pid)).toBe(true);
  });

  it('can be started again at once after its owner was killed', async () => {
    const owner = startOwner(shared, 'stay');
    if (owner.stdout) await once(owner.stdout, 'data');
    owner.kill('SIGKILL');
    const server = await start(shared);
    expect(await query(server.url(), 'select 1')).toStrictEqual([[1]]);
  });

  it('neither keeps it alive nor changes its exit code when it is forgotten', async () => {
    const owner = startOwner(shared, 'leave');
    if (owner.stdout) await once(owner.stdout, 'data');
    const pid = await pidIn(shared).catch(() => 0);
    await once(owner, 'exit');
    expect(owner.exitCode).toBe(3);
    expect(pid === 0 || (await untilGone(pid))).toBe(true);
  });
});
