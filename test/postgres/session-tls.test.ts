import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { openSession } from '../../src/postgres/session.ts';
import { runSql, startTestPostgres, type TestPostgres } from './test-server.ts';

const run = promisify(execFile);

let folder: string;
let server: TestPostgres;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-test-tls-'));
  await chmod(folder, 0o755);
  await makeCertificate('server', 'localhost');
  await makeCertificate('other', 'other.example.org');
  // The server insists that its key is its own.
  if (userInfo().uid === 0) await run('chown', ['postgres', join(folder, 'server.key')]);
  const [key, certificate] = [join(folder, 'server.key'), join(folder, 'server.pem')];
  server = await startTestPostgres([
    '-c',
    'ssl=on',
    '-c',
    `ssl_key_file=${key}`,
    '-c',
    `ssl_cert_file=${certificate}`,
  ]);
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

test('a Unix socket is read without TLS', async () => {
  const [row] = await runSql(server.url, "SELECT current_setting('unix_socket_directories') AS socket");
  const url = `postgres://postgres:test@/postgres?host=${encodeURIComponent(String(row?.socket))}&port=${server.port}`;
  const session = await openSession(parseSourceUrl(url), { applicationName: 'permafrost test' });
  expect(await session.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).toEqual([
    { ssl: 'f' },
  ]);
  await session.close();
});

function openTls(host: string, parameters: string) {
  const url = `postgres://postgres:test@${host}:${server.port}/postgres?${parameters}`;
  return openSession(parseSourceUrl(url), { applicationName: 'permafrost test' });
}

async function makeCertificate(file: string, host: string): Promise<void> {
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2';
  const names = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  const files = ['-keyout', join(folder, `${file}.key`), '-out', join(folder, `${file}.pem`)];
  await run('openssl', ['req', '-x509', ...key.split(' '), ...names, ...files]);
}
