import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, inject, test } from 'vitest';
import { PermafrostError } from '../../src/errors.ts';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { openSession, type Session, type SessionOptions } from '../../src/postgres/session.ts';
import { createTestDatabase, runSql } from './test-server.ts';

const open: { close: () => unknown }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((thing) => thing.close()));
});

async function openTest(url: string, options: Partial<SessionOptions> = {}): Promise<Session> {
  const session = await openSession(parseSourceUrl(url), { applicationName: 'permafrost test', ...options });
  open.push(session);
  return session;
}

test('B75: what a role or database sets does not change what is read', async () => {
  const url = await createTestDatabase();
  const database = new URL(url).pathname.slice(1);
  const trap = [
    "DateStyle = 'German'",
    "IntervalStyle = 'iso_8601'",
    "TimeZone = 'Asia/Kolkata'",
    "bytea_output = 'escape'",
    "search_path = 'trap, pg_catalog'",
    'extra_float_digits = 0',
    'standard_conforming_strings = off',
    "statement_timeout = '1h'",
    "idle_in_transaction_session_timeout = '1h'",
  ];
  await runSql(
    url,
    `CREATE SCHEMA trap; CREATE FUNCTION trap.lower(text) RETURNS text LANGUAGE sql AS 'SELECT ''evil''';
    CREATE FUNCTION trap.lower(name) RETURNS text LANGUAGE sql AS 'SELECT ''evil''';
    ${trap.map((setting) => `ALTER DATABASE ${database} SET ${setting}`).join(';')}`,
  );
  const session = await openTest(url);
  const [row] =
    await session.query(`SELECT DATE '2024-02-01' AS d, INTERVAL '1 day' AS i, 0.1::float4 + 0.2::float8 AS f,
    TIMESTAMPTZ '2024-02-01 00:00Z' AS t, '\\x00'::bytea AS b, current_setting('search_path') AS search_path,
    current_setting('row_security') AS row_security, current_setting('synchronize_seqscans') AS synchronize_seqscans,
    current_setting('statement_timeout') AS statement_timeout, current_setting('default_transaction_read_only') AS read_only,
    current_setting('restrict_nonsystem_relation_kind') AS restricted, current_setting('transaction_timeout') AS timeout,
    current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('client_encoding') AS encoding,
    current_setting('application_name') AS application_name`);
  expect(row).toEqual({
    d: '2024-02-01',
    i: '1 day',
    f: '0.30000000149011613',
    t: '2024-02-01 00:00:00+00',
    b: String.raw`\x00`,
    search_path: '',
    row_security: 'off',
    synchronize_seqscans: 'off',
    statement_timeout: '0',
    read_only: 'on',
    restricted: 'view, foreign-table',
    timeout: '0',
    idle: '0',
    encoding: 'UTF8',
    application_name: 'permafrost test',
  });
  expect(session.server.versionNumber).toBeGreaterThanOrEqual(120_000);
  expect(session.server).toMatchObject({ inRecovery: false, behindPooler: false });
});

test('a session cannot write', async () => {
  const session = await openTest(inject('postgresUrl'));
  await expect(session.query('CREATE TABLE public.written (a int)')).rejects.toThrow(/SQLSTATE 25006/);
});

test('F03: a killed backend resolves lost, and fails the query that runs, without taking the process down', async () => {
  const session = await openTest(inject('postgresUrl'));
  const running = session.query('SELECT pg_sleep(60)', [], 'sleeping');
  running.catch(() => undefined);
  await runSql(inject('postgresUrl'), `SELECT pg_terminate_backend(${session.server.backendPid})`);
  await expect(running).rejects.toMatchObject({
    code: 'source-unreachable',
    message: expect.stringContaining('57P01'),
  });
  expect(await session.lost).toMatchObject({ code: 'source-unreachable' });
  await expect(session.query('SELECT 1')).rejects.toMatchObject({ code: 'source-unreachable' });
  await session.close();
});

test('F02: an idle session that is killed resolves lost', async () => {
  const session = await openTest(inject('postgresUrl'));
  await runSql(inject('postgresUrl'), `SELECT pg_terminate_backend(${session.server.backendPid})`);
  expect(await session.lost).toBeInstanceOf(PermafrostError);
});

test('F09: a backend that stops is given up, and not the one whose answer keeps coming', async () => {
  const session = await openTest(inject('postgresUrl'), { answerWithinMs: 300 });
  const slow = "SELECT repeat('x', 9000), pg_sleep(0.02) FROM generate_series(1, 50)";
  expect(await session.query(slow)).toHaveLength(50);
  process.kill(session.server.backendPid, 'SIGSTOP');
  try {
    await expect(session.query('SELECT 1', [], 'reading t')).rejects.toMatchObject({
      code: 'source-unreachable',
      message: 'reading t: the server sent nothing for 0.3 s',
    });
  } finally {
    process.kill(session.server.backendPid, 'SIGCONT');
  }
});

test('an abort cuts a running query at once, with the code cancelled', async () => {
  const abort = new AbortController();
  const session = await openSession(parseSourceUrl(inject('postgresUrl')), {
    applicationName: 'permafrost test',
    signal: abort.signal,
  });
  open.push(session);
  const running = session.query('SELECT pg_sleep(60)');
  abort.abort();
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
});

test('a signal that fired before opens nothing', async () => {
  const opening = openSession(parseSourceUrl(inject('postgresUrl')), {
    applicationName: 'permafrost test',
    signal: AbortSignal.abort(),
  });
  await expect(opening).rejects.toMatchObject({ code: 'cancelled' });
});

test('close ends the session on the server, and never throws, also a second time', async () => {
  const session = await openTest(inject('postgresUrl'));
  await session.close();
  await session.close();
  const left = `SELECT FROM pg_stat_activity WHERE pid = ${session.server.backendPid}`;
  await expect.poll(() => runSql(inject('postgresUrl'), left)).toEqual([]);
});

test.each([
  ['a wrong password', { password: 'canary' }, 'source-authentication'],
  ['an unknown user', { username: 'canary' }, 'source-authentication'],
  ['an unknown database', { pathname: '/canary' }, 'source-unsuitable'],
])('F23: %s says so, without repeating the secret', async (_case, change, code) => {
  const url = Object.assign(new URL(inject('postgresUrl')), change).href;
  const error: unknown = await openTest(url).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code, cure: expect.any(String) });
  // The name of the database is no secret.
  expect(String(error).replace('canary at', '')).not.toContain('canary');
});

test('nothing that listens: source-unreachable', async () => {
  const server = await listen(() => undefined);
  const port = portOf(server);
  server.close();
  await expect(openTest(`postgres://ann@127.0.0.1:${port}/shop`)).rejects.toMatchObject({
    code: 'source-unreachable',
  });
});

test('F09: a server that never answers is given up, and the socket closed', async () => {
  const closed = Promise.withResolvers<void>();
  const server = await listen((socket) => socket.resume().on('close', () => closed.resolve()));
  const opening = openSession(parseSourceUrl(`postgres://ann@127.0.0.1:${portOf(server)}/shop`), {
    applicationName: 'permafrost test',
    openTimeoutMs: 100,
  });
  await expect(opening).rejects.toMatchObject({
    code: 'source-unreachable',
    message: 'shop at 127.0.0.1:' + String(portOf(server)) + ' did not answer within 0.1 s',
  });
  await closed.promise;
});

test('something that is not Postgres: an error of ours, not a crash', async () => {
  const server = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await expect(openTest(`postgres://ann@127.0.0.1:${portOf(server)}/shop`)).rejects.toBeInstanceOf(
    PermafrostError,
  );
});

test('a server without TLS is refused where TLS is asked for', async () => {
  await expect(openTest(`${inject('postgresUrl')}?sslmode=require`)).rejects.toMatchObject({
    code: 'source-unsuitable',
    message: expect.stringContaining('does not offer TLS'),
  });
});

async function listen(onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  open.push(server);
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
