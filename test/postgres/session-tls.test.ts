import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { copyStatement, copyTable } from '../../src/postgres/copy/copy-stream.ts';
import { openSession } from '../../src/postgres/session.ts';
import { wireColumn } from './copy/copy-bytes.ts';
import { startTestPostgres, type TestPostgres } from './test-server.ts';

const run = promisify(execFile);

let folder: string;
let socketFolder: string;
let server: TestPostgres;
let password: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-test-tls-'));
  await chmod(folder, 0o755);
  await makeCertificate('server', 'localhost');
  await makeCertificate('other', 'other.example.org');
  // The server insists that its key is its own.
  if (userInfo().uid === 0) await run('chown', ['postgres', join(folder, 'server.key')]);
  socketFolder = join(folder, 'socket');
  await mkdir(socketFolder);
  await chmod(socketFolder, 0o777);
  server = await startTestPostgres({
    ssl: 'on',
    ssl_key_file: join(folder, 'server.key'),
    ssl_cert_file: join(folder, 'server.pem'),
    unix_socket_directories: socketFolder,
  });
  password = new URL(server.url).password;
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

test.each(['verify-full', 'require', 'verify-ca'])(
  'sslmode=%s with the right authority is encrypted',
  async (mode) => {
    const session = await openTls('localhost', `sslmode=${mode}&sslrootcert=${join(folder, 'server.pem')}`);
    expect(await session.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).toEqual([
      { ssl: 't' },
    ]);
    await session.close();
  },
);

test('verify-ca takes any name, verify-full only the one of the certificate', async () => {
  const authority = `sslrootcert=${join(folder, 'server.pem')}`;
  await (await openTls('127.0.0.1', `sslmode=verify-ca&${authority}`)).close();
  await expect(openTls('127.0.0.1', `sslmode=verify-full&${authority}`)).rejects.toMatchObject({
    code: 'source-unsuitable',
    message: expect.stringContaining('ALTNAME'),
  });
});

test.each([
  ['no authority', ''],
  ['an authority that did not sign it', 'other.pem'],
])('%s: the certificate is not trusted, and that is not tried again', async (_case, file) => {
  const authority = file === '' ? '' : `&sslrootcert=${join(folder, file)}`;
  await expect(openTls('localhost', `sslmode=require${authority}`)).rejects.toMatchObject({
    code: 'source-unsuitable',
    message: expect.stringContaining('not trusted'),
    cure: expect.stringContaining('sslrootcert'),
  });
});

test('a certificate file that is not there is a matter of configuration', async () => {
  await expect(openTls('localhost', 'sslmode=require&sslrootcert=/nowhere.pem')).rejects.toMatchObject({
    code: 'configuration',
  });
});

test('a COPY is not held back record by record', async () => {
  const session = await openTls('localhost', `sslmode=verify-full&sslrootcert=${join(folder, 'server.pem')}`);
  const sql = copyStatement("SELECT repeat('x', 1000) FROM generate_series(1, 40000)");
  const columns = [wireColumn('t', { kind: 'text' })];
  const options = { batchBytes: 2 ** 20, doing: 'reading it', stallTimeoutMs: 20_000 };
  const begun = performance.now();
  const stream = copyTable(session.client, sql, columns, options);
  let step = await stream.next();
  while (step.done !== true) step = await stream.next();
  expect(step.value.rows).toBe(40_000);
  // Some 5,000 records: a pause of a millisecond after each would show.
  expect(performance.now() - begun).toBeLessThan(4_000);
  await session.close();
});

test('a Unix socket is read without TLS', async () => {
  const url = `postgres://postgres:${password}@/postgres?host=${encodeURIComponent(socketFolder)}&port=${server.port}`;
  const session = await openSession(parseSourceUrl(url), { applicationName: 'permafrost test' });
  expect(await session.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).toEqual([
    { ssl: 'f' },
  ]);
  await session.close();
});

function openTls(host: string, parameters: string) {
  const url = `postgres://postgres:${password}@${host}:${server.port}/postgres?${parameters}`;
  return openSession(parseSourceUrl(url), { applicationName: 'permafrost test' });
}

async function makeCertificate(file: string, host: string): Promise<void> {
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2';
  const names = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  const files = ['-keyout', join(folder, `${file}.key`), '-out', join(folder, `${file}.pem`)];
  await run('openssl', ['req', '-x509', ...key.split(' '), ...names, ...files]);
}
