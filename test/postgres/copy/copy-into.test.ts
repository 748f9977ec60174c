import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PermafrostError } from '../../../src/errors.ts';
import { copyInto } from '../../../src/postgres/copy/copy-into.ts';
import { copyStream, header, int4, messages, trailer, tuple } from './copy-bytes.ts';
import { createTestDatabase, runSql, withClient } from '../test-server.ts';

const COPY = 'COPY t FROM STDIN (FORMAT binary)';
const doing = 'loading public.t';

let url: string;
let client: Client;

beforeAll(async () => {
  url = await createTestDatabase();
  await runSql(url, 'CREATE TABLE t (id int4, note text)');
});

beforeEach(async () => {
  client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
});

afterEach(async () => {
  await client.end();
  await runSql(url, 'TRUNCATE t');
});

afterAll(async () => {
  await runSql(url, 'DROP TABLE t');
});

function row(id: number, note = 'a note'): Buffer[] {
  return [int4(id), Buffer.from(note)];
}

/** A message for each chunk. */
async function* chunksOf(...chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield messages([chunk]);
}

/** Never ends; tells how many chunks were asked for. */
async function* endless(asked: { count: number }, note = 'x'.repeat(1000)): AsyncGenerator<Buffer> {
  yield messages([header]);
  for (;;) {
    asked.count += 1;
    await sleep(0);
    yield messages([tuple(row(asked.count, note))]);
  }
}

/** The code that a load fails with, and its message; the client is free then, and nothing was kept. */
async function failure(loading: Promise<number>): Promise<unknown> {
  const error: unknown = await loading.then(
    (rows) => `no failure: ${rows} rows`,
    (caught: unknown) => caught,
  );
  await client.query('ROLLBACK');
  expect(await rowsThere()).toBe(0);
  return error;
}

async function rowsThere(): Promise<number> {
  const [found] = await runSql(url, 'SELECT count(*)::int AS n FROM t');
  return Number(found?.n);
}

/** Waits until the server says so of the client's session. */
async function untilSession(condition: string): Promise<void> {
  const pid = String(Reflect.get(client, 'processID'));
  for (;;) {
    const found = await runSql(url, `SELECT FROM pg_stat_activity WHERE pid = ${pid} AND ${condition}`);
    if (found.length > 0) return;
    await sleep(20);
  }
}

test('chunks cut anywhere become rows, counted by the server', async () => {
  const stream = copyStream(Array.from({ length: 50 }, (_, id) => row(id)));
  const pieces = Array.from({ length: Math.ceil(stream.length / 7) }, (_, index) =>
    stream.subarray(index * 7, index * 7 + 7),
  );
  expect(await copyInto(client, COPY, chunksOf(...pieces), { doing })).toBe(50);
  expect(await rowsThere()).toBe(50);
});

test('no rows are no error', async () => {
  expect(await copyInto(client, COPY, chunksOf(header, trailer), { doing })).toBe(0);
});

test('a chunk may be longer than a message should be', async () => {
  await copyInto(client, COPY, chunksOf(copyStream([row(1, 'é'.repeat(3 * 2 ** 20))])), { doing });
  const [found] = await runSql(url, 'SELECT length(note) AS n FROM t');
  expect(found).toEqual({ n: 3 * 2 ** 20 });
});

test('the source waits while the server is busy', async () => {
  await runSql(
    url,
    `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END';
     CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION slow()`,
  );
  const asked = { count: 0 };
  const stop = new AbortController();
  const loading = copyInto(client, COPY, endless(asked, 'x'.repeat(2 ** 20)), { doing, signal: stop.signal });
  loading.catch(() => undefined);
  await sleep(800);
  const early = asked.count;
  stop.abort();
  await expect(loading).rejects.toMatchObject({ code: 'cancelled' });
  await runSql(url, 'DROP TRIGGER slow ON t; DROP FUNCTION slow');
  expect(early).toBeGreaterThan(1);
  expect(early).toBeLessThan(40);
});

describe('a COPY that fails', () => {
  test('for want of the table says so', async () => {
    const loading = copyInto(client, 'COPY missing FROM STDIN (FORMAT binary)', chunksOf(header, trailer), {
      doing,
    });
    expect(await failure(loading)).toMatchObject({ code: 'table-not-found' });
  });

  test('by a constraint names the constraint, and no value', async () => {
    await client.query('BEGIN; CREATE UNIQUE INDEX t_id ON t (id)');
    const loading = copyInto(client, COPY, chunksOf(copyStream([row(4711), row(4711)])), { doing });
    const error = await failure(loading);
    expect(error).toMatchObject({ code: 'integrity', message: expect.stringContaining('23505, t_id') });
    expect(JSON.stringify([error, String(error)])).not.toContain('4711');
  });

  test('by bytes that are no tuples is refused by the server', async () => {
    const loading = copyInto(client, COPY, chunksOf(header, tuple([int4(1)]), trailer), { doing });
    expect(await failure(loading)).toMatchObject({
      code: 'integrity',
      message: expect.stringContaining('22P04'),
    });
  });

  test('by its source fails as the source does, and keeps nothing', async () => {
    const reason = new PermafrostError('integrity', 'the data file is damaged');
    async function* broken(): AsyncGenerator<Buffer> {
      yield messages([header, tuple(row(1))]);
      throw reason;
    }
    expect(await failure(copyInto(client, COPY, broken(), { doing }))).toBe(reason);
  });

  test('by the signal ends on the server', async () => {
    const asked = { count: 0 };
    const stop = new AbortController();
    const loading = copyInto(client, COPY, endless(asked), { doing, signal: stop.signal });
    loading.catch(() => undefined);
    while (asked.count < 20) await sleep(5);
    stop.abort();
    expect(await failure(loading)).toMatchObject({ code: 'cancelled', message: 'loading public.t: stopped' });
    await untilSession(`state LIKE 'idle%'`);
  });

  test('by the signal ends although the server waits for a lock', async () => {
    const stop = new AbortController();
    let loading = Promise.resolve(0);
    await withClient(url, async (other) => {
      await other.query('BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
      loading = copyInto(client, COPY, chunksOf(copyStream([row(1)])), { doing, signal: stop.signal });
      loading.catch(() => undefined);
      await untilSession(`wait_event_type = 'Lock'`);
      stop.abort();
      await loading.catch(() => undefined);
    });
    expect(await failure(loading)).toMatchObject({ code: 'cancelled' });
  });

  test('by the signal before it began asks for nothing', async () => {
    const asked = { count: 0 };
    const loading = copyInto(client, COPY, endless(asked), { doing, signal: AbortSignal.abort() });
    expect(await failure(loading)).toMatchObject({ code: 'cancelled' });
    expect(asked.count).toBe(0);
  });
});

test('a connection that is cut in the middle fails the load at once', async () => {
  const asked = { count: 0 };
  const loading = copyInto(client, COPY, endless(asked), { doing });
  loading.catch(() => undefined);
  while (asked.count < 20) await sleep(5);
  await runSql(url, `SELECT pg_terminate_backend(${String(Reflect.get(client, 'processID'))})`);
  await expect(loading).rejects.toMatchObject({ code: 'source-unreachable' });
});
