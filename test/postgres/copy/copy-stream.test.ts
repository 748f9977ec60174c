import { createHash } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import type { DecodedBatch } from '../../../src/postgres/copy/batch-builder.ts';
import {
  copyStatement,
  copyTable,
  type CopyResult,
  type CopyTableOptions,
} from '../../../src/postgres/copy/copy-stream.ts';
import type { WireColumn, WireType } from '../../../src/postgres/copy/wire-column.ts';
import { int4, messages, trailer, tuple, header, wireColumn } from './copy-bytes.ts';
import { type Cell, columnsOf } from './copy-cells.ts';
import { withFakeServer } from './fake-server.ts';
import { createTestDatabase, runSql, withClient } from '../test-server.ts';

const OPTIONS: CopyTableOptions = { batchBytes: 2 ** 16, doing: 'reading public.t', stallTimeoutMs: 20_000 };

/** About 100 MB that the server makes up: more than the sockets on both sides hold. */
const ENDLESS = copyStatement("SELECT i, repeat('x', 1000) FROM generate_series(1, 100000) i");
const ENDLESS_COLUMNS = [wireColumn('i', { kind: 'int4' }), wireColumn('t', { kind: 'text' })];

type Copied = { readonly batches: DecodedBatch[]; readonly columns: Cell[][]; readonly result: CopyResult };

async function copyAll(
  client: Client,
  sql: string,
  columns: readonly WireColumn[],
  options: Partial<CopyTableOptions> = {},
): Promise<Copied> {
  const stream = copyTable(client, sql, columns, { ...OPTIONS, ...options });
  const batches: DecodedBatch[] = [];
  for (let step = await stream.next(); ; step = await stream.next()) {
    if (step.done === true) return { batches, columns: columnsOf(batches), result: step.value };
    batches.push(step.value);
  }
}

async function onNewDatabase<T>(use: (client: Client, url: string) => Promise<T>): Promise<T> {
  const url = await createTestDatabase();
  return withClient(url, async (client) => {
    await client.query("SET TimeZone = 'UTC'");
    return use(client, url);
  });
}

/** The connection works, pg listens again, and nothing of ours is left on the socket. */
async function expectFree(client: Client): Promise<void> {
  const { rows } = await client.query('SELECT 1 AS one');
  expect(rows).toEqual([{ one: 1 }]);
  expect(client.connection.stream.listenerCount('data')).toBe(1);
  expect(client.connection.listenerCount('readyForQuery')).toBe(1);
}

describe('a COPY', () => {
  test('gives all rows in batches, in order, with the count of the server', async () => {
    await onNewDatabase(async (client) => {
      const progress: number[] = [];
      const { signal } = new AbortController();
      const { batches, columns, result } = await copyAll(client, ENDLESS, ENDLESS_COLUMNS, {
        onProgress: (rows) => progress.push(rows),
        signal,
      });
      expect(getEventListeners(signal, 'abort')).toEqual([]);
      expect(result).toMatchObject({ rows: 100_000, specialCells: [] });
      expect(result.bytes).toBeGreaterThan(100_000_000);
      expect(columns[0]).toEqual(Array.from({ length: 100_000 }, (_, row) => row + 1));
      expect(columns[1]!.every((value) => value === 'x'.repeat(1000))).toBe(true);
      for (const batch of batches) expect(batch.bytes).toBeLessThan(70_000);
      expect(progress.at(-1)).toBe(100_000);
      expect(progress).toEqual(progress.toSorted((a, b) => a - b));
      await expectFree(client);
    });
  });

  test('can follow another on the same connection, also an empty one and one of no columns (B45, B47)', async () => {
    await onNewDatabase(async (client) => {
      await client.query(
        'CREATE TABLE none (); INSERT INTO none DEFAULT VALUES; INSERT INTO none DEFAULT VALUES',
      );
      const none = await copyAll(client, copyStatement('SELECT FROM ONLY none'), []);
      expect(none).toMatchObject({ result: { rows: 2 }, batches: [{ rows: 2, columns: [] }] });
      const empty = await copyAll(client, copyStatement('SELECT 1 WHERE false'), [
        wireColumn('a', { kind: 'int4' }),
      ]);
      expect(empty).toMatchObject({ result: { rows: 0 }, batches: [] });
      await expectFree(client);
    });
  });

  test('shows its tuples to a hash, the same bytes each time', async () => {
    await onNewDatabase(async (client) => {
      const sql = copyStatement("SELECT i, i || ' rows' FROM generate_series(1, 20000) i");
      const hashOf = async (batchBytes: number): Promise<string> => {
        const hash = createHash('sha256');
        await copyAll(client, sql, ENDLESS_COLUMNS, { batchBytes, hash: (bytes) => hash.update(bytes) });
        return hash.digest('hex');
      };
      const expected = createHash('sha256');
      for (let i = 1; i <= 20_000; i++)
        expected.update(messages([tuple([int4(i), Buffer.from(`${i} rows`)])]));
      expect([await hashOf(1000), await hashOf(2 ** 20)]).toEqual(
        Array.from({ length: 2 }, () => expected.copy().digest('hex')),
      );
    });
  });

  test('waits while its caller is busy: neither side gathers the table', async () => {
    await onNewDatabase(async (client) => {
      const received: number[] = [];
      const stream = copyTable(client, ENDLESS, ENDLESS_COLUMNS, {
        ...OPTIONS,
        onProgress: (_, bytes) => received.push(bytes),
      });
      await stream.next();
      await sleep(300);
      const before = received.at(-1) ?? 0;
      await sleep(300);
      expect(received.at(-1)).toBe(before);
      expect(before).toBeLessThan(2 ** 20);
      await stream.return({ rows: 0, bytes: 0, specialCells: [] });
      await expectFree(client);
    });
  });
});

describe('a COPY that is left early', () => {
  test('by return is cancelled on the server, and the connection is free at once', async () => {
    await onNewDatabase(async (client) => {
      for await (const batch of copyTable(client, ENDLESS, ENDLESS_COLUMNS, OPTIONS)) {
        expect(batch.rows).toBeGreaterThan(0);
        break;
      }
      await expectFree(client);
    });
  });

  test('by the signal fails with `cancelled`, busy or waiting', async () => {
    await onNewDatabase(async (client) => {
      const busy = new AbortController();
      const whileBusy = copyAll(client, ENDLESS, ENDLESS_COLUMNS, {
        signal: busy.signal,
        onProgress: () => busy.abort(),
      });
      await expect(whileBusy).rejects.toMatchObject({ code: 'cancelled' });
      await expectFree(client);
      const waiting = new AbortController();
      const whileWaiting = copyAll(
        client,
        copyStatement("SELECT 1, 'x' FROM pg_sleep(60)"),
        ENDLESS_COLUMNS,
        {
          signal: waiting.signal,
        },
      );
      setTimeout(() => waiting.abort(), 100);
      await expect(whileWaiting).rejects.toMatchObject({ code: 'cancelled' });
      await expectFree(client);
      const aborted = copyAll(client, ENDLESS, ENDLESS_COLUMNS, { signal: AbortSignal.abort() });
      await expect(aborted).rejects.toMatchObject({ code: 'cancelled' });
      await expectFree(client);
    });
  });

  test('by the signal while it is not read from ends on the server all the same', async () => {
    await onNewDatabase(async (client, url) => {
      const controller = new AbortController();
      const stream = copyTable(client, ENDLESS, ENDLESS_COLUMNS, { ...OPTIONS, signal: controller.signal });
      await stream.next();
      controller.abort();
      await expect.poll(() => activeCopies(url), { timeout: 5000 }).toBe(0);
      await expect(stream.next()).rejects.toMatchObject({ code: 'cancelled' });
      await expectFree(client);
    });
  });

  test('because of a special value can be followed by another in the same transaction', async () => {
    await onNewDatabase(async (client) => {
      const sql = copyStatement(
        "SELECT CASE i WHEN 5000 THEN 'infinity' ELSE '2000-01-01' END::date FROM generate_series(1, 90000) i",
      );
      await client.query('BEGIN; SAVEPOINT before_copy');
      const refused = copyAll(client, sql, [wireColumn('d', { kind: 'date' })]);
      await expect(refused).rejects.toMatchObject({ columns: ['d'] });
      await client.query('ROLLBACK TO before_copy');
      const { columns, result } = await copyAll(client, sql, [
        wireColumn('d', { kind: 'date' }, { companion: true }),
      ]);
      expect(columns[1]![4999]).toBe('infinity');
      expect(result.specialCells).toEqual([{ column: 'd', cells: 1 }]);
      await client.query('COMMIT');
    });
  });
});

describe('a COPY that fails', () => {
  test('because of a value in the middle of full batches frees the connection as well', async () => {
    await onNewDatabase(async (client) => {
      const sql = copyStatement(
        "SELECT CASE WHEN i = 5000 THEN date 'infinity' ELSE date '2026-01-01' END FROM generate_series(1, 100000) i",
      );
      const copy = copyAll(client, sql, [wireColumn('d', { kind: 'date' })], { batchBytes: 1000 });
      await expect(copy).rejects.toThrow(/values without a place/);
      await expectFree(client);
    });
  });

  test('by an error of the server, before or in the middle of the rows, says so and frees the connection', async () => {
    await onNewDatabase(async (client) => {
      const missing = copyAll(client, copyStatement('SELECT a FROM missing'), []);
      await expect(missing).rejects.toMatchObject({
        code: 'table-not-found',
        message: /^reading public\.t: /,
      });
      const divided = copyAll(
        client,
        copyStatement('SELECT 1 / (50000 - i) FROM generate_series(1, 90000) i'),
        [wireColumn('i', { kind: 'int4' })],
      );
      await expect(divided).rejects.toThrow(/22012/);
      await expectFree(client);
    });
  });

  test('by a backend that is killed', async () => {
    await onNewDatabase(async (client, url) => {
      const pid = Number((await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid);
      const stream = copyTable(client, ENDLESS, ENDLESS_COLUMNS, OPTIONS);
      await stream.next();
      await runSql(url, `SELECT pg_terminate_backend(${pid})`);
      const rest = async (): Promise<void> => {
        while ((await stream.next()).done !== true);
      };
      await expect(rest()).rejects.toMatchObject({ code: 'source-unreachable' });
    });
  });

  test('by text of a statement that is no COPY', async () => {
    await onNewDatabase(async (client) => {
      await expect(copyAll(client, 'SELECT 1', [])).rejects.toMatchObject({ code: 'protocol' });
      await expectFree(client);
    });
  });

  test('by other columns than were asked for', async () => {
    await onNewDatabase(async (client) => {
      await expect(copyAll(client, ENDLESS, [wireColumn('i', { kind: 'int4' })])).rejects.toThrow(
        /row 1: 2 fields instead of 1/,
      );
      await expectFree(client);
    });
  });

  test('by rows that the server did not count', async () => {
    const rows = [tuple([int4(1)]), tuple([int4(2)])];
    const reply = Buffer.concat([
      messages([Buffer.concat([header, rows[0]!]), rows[1]!, trailer]),
      Buffer.from('c\0\0\0\x04C\0\0\0\x0bCOPY 3\0Z\0\0\0\x05I', 'latin1'),
    ]);
    await withFakeServer([reply], async (client) => {
      const counted = copyAll(client, 'COPY', [wireColumn('i', { kind: 'int4' })]);
      await expect(counted).rejects.toMatchObject({
        code: 'integrity',
        message: /2 rows decoded, but the server sent 3/,
      });
    });
  });

  test('by a server that falls silent: the watchdog cuts the connection', async () => {
    await withFakeServer([messages([header])], async (client) => {
      const silent = copyAll(client, 'COPY', [wireColumn('i', { kind: 'int4' })], { stallTimeoutMs: 200 });
      await expect(silent).rejects.toMatchObject({
        code: 'source-unreachable',
        message: /sent nothing for 0.2 s/,
      });
    });
  });

  test('by messages without sense', async () => {
    await withFakeServer([Buffer.from('d\0\0\0\0')], async (client) => {
      await expect(copyAll(client, 'COPY', [])).rejects.toMatchObject({ code: 'protocol' });
    });
  });
});

describe('special values are what the server prints', () => {
  type Case = { readonly type: string; readonly wire: WireType; readonly values: readonly string[] };
  const cases: readonly Case[] = [
    { type: 'date', wire: { kind: 'date' }, values: ['infinity', '-infinity'] },
    ...['timestamp', 'timestamptz'].map((type): Case => ({
      type,
      wire: { kind: 'timestamp', utc: type === 'timestamptz' },
      values: [
        'infinity',
        '-infinity',
        '294276-12-31 23:59:59.999999',
        '294247-01-10 04:00:54.775808',
        '294250-02-28 12:00:00.5',
      ],
    })),
    {
      type: 'numeric',
      wire: { kind: 'numeric', precision: 6, scale: 2 },
      values: ['NaN', 'Infinity', '-Infinity', '10000', '-0.001', `1${'0'.repeat(200)}.00100`, '1e-400'],
    },
    {
      type: 'text[]',
      wire: { kind: 'array', element: { kind: 'text' } },
      values: [
        '[0:1]={a,NULL}',
        '{{a,"b c"},{"","null"}}',
        '[-3:-3][5:6]={{"\\"","\\\\"}}',
        '{{"\u00a0","{"}}',
        '{{"\t",é}}',
      ],
    },
    {
      type: 'int2[]',
      wire: { kind: 'array', element: { kind: 'int2' } },
      values: ['{{1,-2},{NULL,4}}', '[2:2]={7}'],
    },
    { type: 'int4[]', wire: { kind: 'array', element: { kind: 'int4' } }, values: ['{{{{{{1}}}}}}'] },
    {
      type: 'int8[]',
      wire: { kind: 'array', element: { kind: 'int8' } },
      values: ['[5:5]={-9223372036854775808}'],
    },
    {
      type: 'uuid[]',
      wire: { kind: 'array', element: { kind: 'uuid' } },
      values: ['[0:0]={01234567-89AB-CDEF-0011-2233445566ff}'],
    },
  ];

  test.each(cases)('B01, B03, B09, B29: $type', async ({ type, wire, values }) => {
    await onNewDatabase(async (client) => {
      await client.query(`CREATE TABLE t (n serial, a ${type})`);
      await client.query(`INSERT INTO t (a) SELECT v::${type} FROM unnest($1::text[]) v`, [values]);
      const printed = await client.query('SELECT a::text FROM t ORDER BY n');
      const sql = copyStatement('SELECT a FROM t ORDER BY n');
      const { columns, result } = await copyAll(client, sql, [wireColumn('a', wire, { companion: true })]);
      expect(columns[0]).toEqual(values.map(() => null));
      expect(columns[1]).toEqual(printed.rows.map((row) => row.a));
      expect(result.specialCells).toEqual([{ column: 'a', cells: values.length }]);
    });
  });
});

async function activeCopies(url: string): Promise<number> {
  const rows = await runSql(
    url,
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY%' AND datname = current_database()",
  );
  return Number(rows[0]?.n);
}
