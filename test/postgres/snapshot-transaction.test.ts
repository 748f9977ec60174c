import { afterEach, expect, inject, test } from 'vitest';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { openSession, type Session } from '../../src/postgres/session.ts';
import {
  exportSnapshot,
  importSnapshot,
  openUnderSnapshot,
  watchSnapshot,
} from '../../src/postgres/snapshot-transaction.ts';
import { createTestDatabase, runSql } from './test-server.ts';
import { startTestPooler } from './transaction-pooler.ts';

const open: { close: () => unknown }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((thing) => thing.close()));
});

async function openTest(url: string): Promise<Session> {
  const session = await openSession(parseSourceUrl(url), { applicationName: 'permafrost test' });
  open.push(session);
  return session;
}

test('P1: every session that imports the snapshot sees what was there at the export, and nothing later', async () => {
  const url = await createTestDatabase();
  await runSql(url, 'CREATE TABLE t (a int); INSERT INTO t VALUES (1)');
  const holder = await openTest(url);
  const info = await exportSnapshot(holder);
  await runSql(url, 'INSERT INTO t VALUES (2)');
  for (const reader of [await openTest(url), await openTest(url)]) {
    await importSnapshot(reader, info);
    expect(await reader.query('SELECT a FROM public.t')).toEqual([{ a: '1' }]);
    expect(await reader.query("SELECT current_setting('transaction_isolation') AS i")).toEqual([
      { i: 'repeatable read' },
    ]);
    await expect(reader.query('INSERT INTO public.t VALUES (3)')).rejects.toThrow(/25006/);
  }
});

test('the export says which server, database and log position it is of', async () => {
  const url = await createTestDatabase();
  const info = await exportSnapshot(await openTest(url));
  const [row] = await runSql(
    url,
    `SELECT oid, datname, (SELECT system_identifier FROM pg_control_system()) AS identifier,
    pg_current_wal_lsn() - '${info.lsn}'::pg_lsn >= 0 AS behind, abs(extract(epoch FROM now() - '${info.exportedAt}')) < 60 AS now
    FROM pg_database WHERE datname = current_database()`,
  );
  expect(row).toMatchObject({ behind: true, now: true });
  expect(info).toMatchObject({
    databaseOid: row?.oid,
    database: row?.datname,
    systemIdentifier: row?.identifier,
  });
  expect(info.exportedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('a hoster that withholds pg_control_system() leaves only the system identifier out', async () => {
  const url = await createTestDatabase();
  await runSql(
    url,
    "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public; CREATE ROLE withheld LOGIN PASSWORD 'w'",
  );
  const limited = new URL(url);
  limited.username = 'withheld';
  limited.password = 'w';
  const info = await exportSnapshot(await openTest(limited.href));
  expect(info.systemIdentifier).toBeUndefined();
  expect(info.snapshotId).not.toBe('');
});

test('F02: a snapshot whose holder is gone cannot be imported: snapshot-lost', async () => {
  const url = inject('postgresUrl');
  const holder = await openTest(url);
  const snapshot = await exportSnapshot(holder);
  await holder.close();
  await expect(importSnapshot(await openTest(url), snapshot)).rejects.toMatchObject({
    code: 'snapshot-lost',
  });
  await expect(
    importSnapshot(await openTest(url), { ...snapshot, snapshotId: 'FFFFFFFF-0000FFFF-1' }),
  ).rejects.toMatchObject({
    code: 'snapshot-lost',
  });
});

test('a snapshot that has the id of the meant one, but sees something else, is not read: snapshot-lost', async () => {
  const url = inject('postgresUrl');
  const { snapshotId } = await exportSnapshot(await openTest(url));
  const before = { snapshotId, fingerprint: 'd41d8cd98f00b204e9800998ecf8427e' };
  await expect(importSnapshot(await openTest(url), before)).rejects.toMatchObject({ code: 'snapshot-lost' });
});

test('a snapshot of another database is not imported', async () => {
  const snapshot = await exportSnapshot(await openTest(await createTestDatabase()));
  await expect(importSnapshot(await openTest(inject('postgresUrl')), snapshot)).rejects.toMatchObject({
    code: 'source-unsuitable',
  });
});

test.each(["x'; DROP TABLE t; --", '', '00000003-0000001B-1\n', '../00000003-0000001B-1'])(
  'the snapshot id %j is refused before it reaches the server',
  async (snapshotId) => {
    const session = await openTest(inject('postgresUrl'));
    await expect(importSnapshot(session, { snapshotId, fingerprint: '' })).rejects.toMatchObject({
      code: 'configuration',
    });
  },
);

test('F09: a backend that stops during the import does not hold the night up', async () => {
  const snapshot = await exportSnapshot(await openTest(inject('postgresUrl')));
  const session = await openSession(parseSourceUrl(inject('postgresUrl')), {
    applicationName: 'permafrost test',
    answerWithinMs: 300,
  });
  open.push(session);
  process.kill(session.server.backendPid, 'SIGSTOP');
  try {
    await expect(importSnapshot(session, snapshot)).rejects.toMatchObject({ code: 'source-unreachable' });
  } finally {
    process.kill(session.server.backendPid, 'SIGCONT');
  }
});

test('a session under a snapshot hears the signal while it is opened, and not afterwards', async () => {
  const settings = parseSourceUrl(inject('postgresUrl'));
  const snapshot = await exportSnapshot(await openTest(inject('postgresUrl')));
  const stop = new AbortController();
  const options = { applicationName: 'permafrost test', signal: stop.signal };
  const session = await openUnderSnapshot(settings, snapshot, options);
  open.push(session);
  stop.abort();
  expect(await session.query('SELECT 1 AS a')).toEqual([{ a: '1' }]);
  await expect(openUnderSnapshot(settings, snapshot, options)).rejects.toMatchObject({ code: 'cancelled' });
});

test('F02: the watch tells at once that the holder was killed', async () => {
  const holder = await openTest(inject('postgresUrl'));
  await exportSnapshot(holder);
  const watch = watchSnapshot(holder);
  await runSql(inject('postgresUrl'), `SELECT pg_terminate_backend(${holder.server.backendPid})`);
  await expect(watch.lost).rejects.toMatchObject({
    code: 'snapshot-lost',
    message: expect.stringContaining('57P01'),
  });
});

test('F09: the watch tells when the server does not answer any more', async () => {
  const holder = await openTest(inject('postgresUrl'));
  await exportSnapshot(holder);
  // An answer that does not come: the probe waits behind this query.
  const blocked = holder.query('SELECT pg_sleep(60)');
  blocked.catch(() => undefined);
  const watch = watchSnapshot(holder, { everyMs: 20, answerWithinMs: 100 });
  await expect(watch.lost).rejects.toMatchObject({
    code: 'snapshot-lost',
    message: expect.stringContaining('0.1 s'),
  });
  await expect(blocked).rejects.toMatchObject({ code: 'source-unreachable' });
});

test('probes keep the snapshot, and a stopped watch asks no more', async () => {
  const holder = await openTest(inject('postgresUrl'));
  const snapshot = await exportSnapshot(holder);
  const watch = watchSnapshot(holder, { everyMs: 5, answerWithinMs: 5000 });
  await new Promise((resolve) => {
    setTimeout(resolve, 60);
  });
  watch.stop();
  await importSnapshot(await openTest(inject('postgresUrl')), snapshot);
  const asked = `SELECT query, state_change FROM pg_stat_activity WHERE pid = ${holder.server.backendPid}`;
  const [before] = await runSql(inject('postgresUrl'), asked);
  await new Promise((resolve) => {
    setTimeout(resolve, 60);
  });
  expect(before?.query).toBe('SELECT');
  expect(await runSql(inject('postgresUrl'), asked)).toEqual([before]);
});

test('B76: a pooler in transaction mode is detected and refused', async () => {
  const session = await openBehindPooler('transaction');
  expect(session.server.behindPooler).toBe(true);
  await expect(exportSnapshot(session)).rejects.toMatchObject({
    code: 'source-unsuitable',
    message: expect.stringContaining('pooler'),
  });
});

test('a pooler in session mode passes', async () => {
  const session = await openBehindPooler('session');
  expect(session.server.behindPooler).toBe(true);
  expect((await exportSnapshot(session)).snapshotId).toMatch(/^[0-9A-F]{8}-/);
});

test.each([
  [
    'Citus',
    `SET allow_system_table_mods = on; INSERT INTO pg_extension
     SELECT 99999, 'citus', extowner, extnamespace, false, '13', NULL, NULL FROM pg_extension LIMIT 1`,
  ],
  [
    'TimescaleDB',
    `CREATE SCHEMA _timescaledb_internal; CREATE TABLE metrics (a int);
     CREATE TABLE _timescaledb_internal._hyper_1_1_chunk () INHERITS (metrics)`,
  ],
])('B74: %s keeps rows elsewhere and is refused', async (extension, sql) => {
  const url = await createTestDatabase();
  await runSql(url, sql);
  await expect(exportSnapshot(await openTest(url))).rejects.toMatchObject({
    code: 'source-unsuitable',
    message: expect.stringContaining(extension),
  });
});

async function openBehindPooler(mode: 'session' | 'transaction'): Promise<Session> {
  const url = new URL(inject('postgresUrl'));
  const pooler = await startTestPooler(Number(url.port), mode);
  open.push(pooler);
  url.port = String(pooler.port);
  return openTest(url.href);
}
