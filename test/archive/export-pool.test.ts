import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HeldSnapshot } from '../../src/archive/archiver.ts';
import { createExportPool, type ExportPool } from '../../src/archive/export-pool.ts';
import type { ExportOutcome, ExportRequest } from '../../src/archive/export-request.ts';
import { holdSnapshot } from '../../src/archive/hold-snapshot.ts';
import { DT_FIELD } from '../../src/archive/lake-schema.ts';
import { toEpochDays } from '../../src/archive/night-date.ts';
import { createSnapshotReader } from '../../src/archive/snapshot-reader.ts';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { describeTable } from '../../src/postgres/describe-table.ts';
import type { TableDescription } from '../../src/postgres/table-description.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';

const ROWS = 20_000;
const signal = new AbortController().signal;
const tables = new Map<string, TableDescription>();
let url: string;
let folder: string;
let held: HeldSnapshot;

/** The threads that pools have started, oldest first. */
const threads: Worker[] = [];
const remember = (worker: Worker) => threads.push(worker);
let pool: ExportPool;

beforeAll(async () => {
  process.on('worker', remember);
  folder = await mkdtemp(join(tmpdir(), 'permafrost-export-'));
  url = await createTestDatabase();
  await runSql(
    url,
    `CREATE TABLE orders AS SELECT g::int8 AS id, 'note ' || g AS note FROM generate_series(1, ${ROWS}) AS g;
     CREATE TABLE endless AS SELECT g::int8 AS id, repeat('x', 9000) AS note FROM generate_series(1, 5000) AS g;
     CREATE TABLE altered AS SELECT g::int8 AS id, 'x' AS note FROM generate_series(1, 5000) AS g;
     CREATE TABLE special (id int8, note date); INSERT INTO special VALUES (1, 'infinity'), (2, '2026-11-20')`,
  );
  held = await holdSnapshot(parseSourceUrl(url), signal);
  await runSql(url, "INSERT INTO orders VALUES (0, 'after the snapshot')");
  const reader = createSnapshotReader(parseSourceUrl(url));
  for (const name of ['orders', 'endless', 'altered', 'special']) {
    const table = { schema: 'public', name };
    tables.set(name, await reader.read(held.info, (session) => describeTable(session, table)));
  }
  await reader.close();
});

afterAll(async () => {
  process.off('worker', remember);
  await held.close();
  await rm(folder, { recursive: true });
});

beforeEach(() => {
  threads.length = 0;
  pool = createExportPool(2);
});

afterEach(() => pool.close());

/** A request for a table; `endless` takes 50 ms for each row, which is more than the server keeps back. */
function request(name: string, path: string, changes: Partial<ExportRequest> = {}): ExportRequest {
  const table = tables.get(name);
  if (table === undefined) throw new Error(`no table ${name}`);
  const note = name === 'endless' ? `coalesce(nullif(pg_sleep(0.05)::text, ''), "note")` : '"note"';
  const isDate = name === 'special';
  return {
    connection: parseSourceUrl(url),
    snapshot: held.info,
    store: { kind: 'folder', folder },
    path,
    table,
    columns: [
      { name: 'id', expression: '"id"', wire: { kind: 'int8' }, nullable: true, companion: false },
      {
        name: 'note',
        expression: note,
        wire: { kind: isDate ? 'date' : 'text' },
        nullable: true,
        companion: false,
      },
    ],
    fields: [
      DT_FIELD,
      { id: 2, name: 'id', required: false, type: 'long' },
      { id: 3, name: 'note', required: false, type: isDate ? 'date' : 'string' },
    ],
    withoutStatistics: [],
    days: toEpochDays('2026-11-20'),
    ...changes,
  };
}

function run(what: ExportRequest, stop: AbortSignal = signal): Promise<ExportOutcome> {
  const running = pool.run(what, { signal: stop, onProgress: () => undefined });
  running.catch(() => undefined);
  return running;
}

/** Waits until Postgres runs as many endless exports. */
async function untilRunning(count: number): Promise<void> {
  for (;;) {
    const [row] = await runSql(
      url,
      `SELECT count(*)::int AS n FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'permafrost export' AND query LIKE 'COPY%'`,
    );
    if (row?.['n'] === count) return;
    await sleep(20);
  }
}

async function filesIn(path: string): Promise<readonly string[]> {
  const names = await readdir(join(folder, path)).catch(() => []);
  // What a killed writer leaves is no object of the store.
  return names.filter((name) => !name.startsWith('.tmp-')).toSorted();
}

describe('exports', () => {
  test('share threads when there are more of them, each writes its own file, and all read one snapshot', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const outcomes = await Promise.all(names.map((name) => run(request('orders', `many/${name}`))));
    expect(threads).toHaveLength(2);
    expect(await filesIn('many')).toEqual(names);
    const hashes = outcomes.map((outcome) => (outcome.kind === 'exported' ? outcome.rowsHash : ''));
    expect(outcomes).toEqual(
      names.map((name) =>
        expect.objectContaining({
          kind: 'exported',
          rows: ROWS,
          object: expect.objectContaining({ path: `many/${name}` }),
        }),
      ),
    );
    expect(new Set(hashes).size).toBe(1);
  });

  test('start no thread before they are needed', async () => {
    expect(threads).toHaveLength(0);
    await run(request('orders', 'one/a'));
    await run(request('orders', 'one/b'));
    expect(threads).toHaveLength(1);
  });

  test('of values that a column cannot hold leave no file and name the column; the thread goes on', async () => {
    expect(await run(request('special', 'special/a'))).toEqual({ kind: 'special-values', columns: ['note'] });
    expect(await filesIn('special')).toEqual([]);
    expect(await run(request('orders', 'special/b'))).toMatchObject({ kind: 'exported', rows: ROWS });
    expect(threads).toHaveLength(1);
  });
});

describe('a failure in a thread', () => {
  test('of a known kind keeps its code, message and cure; the next export runs in the same thread', async () => {
    const gone = { ...held.info, snapshotId: '7FFFFFF1-00000001-1' };
    await expect(run(request('orders', 'fail/a', { snapshot: gone }))).rejects.toMatchObject({
      code: 'snapshot-lost',
      cure: expect.any(String),
    });
    expect(await run(request('orders', 'fail/b'))).toMatchObject({ rows: ROWS });
    expect(threads).toHaveLength(1);
  });

  test('that was not foreseen tells its kind and its place, not its text: that may quote a row', async () => {
    const broken = request('orders', 'fail/c');
    Reflect.deleteProperty(broken, 'table');
    const error: unknown = await run(broken).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'unexpected',
      message: 'an unforeseen TypeError ended the export',
      cause: { stack: expect.stringMatching(/^\s+at .*lock-table\.ts/) },
    });
    expect(await filesIn('fail')).not.toContain('c');
  });

  test('a file that is there already is never overwritten', async () => {
    await run(request('orders', 'twice/a'));
    await expect(run(request('orders', 'twice/a'))).rejects.toMatchObject({ code: 'lake-unwritable' });
    expect(await run(request('orders', 'twice/b'))).toMatchObject({ rows: ROWS });
  });
});

describe('chunks of a table', () => {
  test('are read under one lock, which whoever waits to alter the table gets behind the last', async () => {
    const first = await run(request('altered', 'chunks/a', { chunk: { from: 0, to: 3 } }));
    const altering = runSql(url, 'ALTER TABLE altered ADD late int');
    const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER%'`;
    while ((await runSql(url, waiting))[0]?.['n'] !== 1) await sleep(20);
    const second = await run(request('altered', 'chunks/b', { chunk: { from: 3, to: undefined } }));
    const rows = [first, second].map((outcome) => (outcome.kind === 'exported' ? outcome.rows : 0));
    expect(Math.min(...rows)).toBeGreaterThan(0);
    expect(rows.reduce((sum, count) => sum + count)).toBe(5000);
    await run(request('orders', 'chunks/c'));
    await altering;
  });
});

describe('a thread that dies', () => {
  test('takes its export with it and nothing else: what waits gets a new thread', async () => {
    const doomed = [run(request('endless', 'dead/a')), run(request('endless', 'dead/b'))];
    const waiting = run(request('orders', 'dead/c'));
    await untilRunning(2);
    await threads[0]?.terminate();
    await expect(Promise.race(doomed)).rejects.toMatchObject({
      code: 'unexpected',
      message: 'an export thread ended before its table was written',
    });
    expect(await waiting).toMatchObject({ kind: 'exported', rows: ROWS });
    expect(threads).toHaveLength(3);
    expect(await filesIn('dead')).toEqual(['c']);
  });

  test('while it is idle costs nothing', async () => {
    await run(request('orders', 'idle/a'));
    await threads[0]?.terminate();
    expect(await run(request('orders', 'idle/b'))).toMatchObject({ rows: ROWS });
    expect(threads).toHaveLength(2);
  });
});

describe('cancelling', () => {
  test('stops the COPY in Postgres at once, leaves no file, and frees the thread', async () => {
    const stop = new AbortController();
    const running = run(request('endless', 'stop/a'), stop.signal);
    await untilRunning(1);
    const asked = performance.now();
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(performance.now() - asked).toBeLessThan(2_000);
    await untilRunning(0);
    expect(performance.now() - asked).toBeLessThan(4_000);
    expect(await filesIn('stop')).toEqual([]);
    expect(await run(request('orders', 'stop/b'))).toMatchObject({ rows: ROWS });
    expect(threads).toHaveLength(1);
  });

  test('before it has begun begins nothing', async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(run(request('orders', 'stop/c'), stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect(await filesIn('stop')).not.toContain('c');
  });

  test('while it connects is heard as well', async () => {
    const stop = new AbortController();
    const running = run(request('endless', 'stop/d'), stop.signal);
    await sleep(0);
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('while the server does not answer is heard as well', async () => {
    const silent = createServer((socket) => socket.resume().on('error', () => undefined)).listen(
      0,
      '127.0.0.1',
    );
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const connection = parseSourceUrl(`postgres://ann@127.0.0.1:${port}/shop`);
    const stop = new AbortController();
    const running = run(request('orders', 'stop/h', { connection }), stop.signal);
    await once(silent, 'connection');
    const asked = performance.now();
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(performance.now() - asked).toBeLessThan(2_000);
    silent.close();
  });

  test('what waits for a thread does not wait for it', async () => {
    const stop = new AbortController();
    const running = [run(request('endless', 'stop/e')), run(request('endless', 'stop/f'))];
    const waiting = run(request('orders', 'stop/g'), stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    await pool.close();
    await Promise.allSettled(running);
  });
});

test('a closed pool ends what runs and what waits, and starts no thread again', async () => {
  const running = [run(request('endless', 'closed/a')), run(request('endless', 'closed/b'))];
  const waiting = run(request('orders', 'closed/c'));
  await untilRunning(2);
  await pool.close();
  for (const ended of [...running, waiting]) await expect(ended).rejects.toMatchObject({ code: 'cancelled' });
  await expect(run(request('orders', 'closed/d'))).rejects.toMatchObject({ code: 'cancelled' });
  expect(threads).toHaveLength(2);
  expect(await filesIn('closed')).toEqual([]);
});

test('a closed pool says goodbye to the server, which takes no session for a client that crashed', async () => {
  const watched = await createTestDatabase();
  await runSql(
    watched,
    `CREATE TABLE orders AS SELECT g::int8 AS id, 'x' AS note FROM generate_series(1, 9) AS g`,
  );
  const connection = parseSourceUrl(watched);
  const holder = await holdSnapshot(connection, signal);
  const reader = createSnapshotReader(connection);
  const table = await reader.read(holder.info, (session) =>
    describeTable(session, { schema: 'public', name: 'orders' }),
  );
  const slow = `coalesce(nullif(pg_sleep(5)::text, ''), "note")`;
  const what = request('orders', 'bye/a', { connection, snapshot: holder.info, table });
  const [id, note] = what.columns;
  if (id === undefined || note === undefined) throw new Error('two columns');
  await run(what);
  const running = run({ ...what, path: 'bye/b', columns: [id, { ...note, expression: slow }] });
  const sessions = `FROM pg_stat_activity WHERE datname = '${connection.database}' AND application_name LIKE 'permafrost%'`;
  await expect.poll(() => runSql(url, `SELECT ${sessions} AND query LIKE 'COPY%pg_sleep%'`)).toHaveLength(1);
  await Promise.all([pool.close(), reader.close(), holder.close()]);
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  await expect.poll(() => runSql(url, `SELECT ${sessions}`)).toEqual([]);
  const counted = `SELECT sessions::int, sessions_abandoned::int AS abandoned FROM pg_stat_database
    WHERE datname = '${connection.database}'`;
  // One to make the table, and those of holder, reader and thread.
  await expect.poll(() => runSql(url, counted)).toEqual([{ sessions: 4, abandoned: 0 }]);
});
