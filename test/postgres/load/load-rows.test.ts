import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DecodedBatch } from '../../../src/postgres/copy/batch-builder.ts';
import { copyStatement, copyTable } from '../../../src/postgres/copy/copy-stream.ts';
import { loadRows, type LoadedRows } from '../../../src/postgres/load/load-rows.ts';
import { planLoad } from '../../../src/postgres/load/load-plan.ts';
import { CONFIGURE_SESSION } from '../../../src/postgres/sql/configure-session.ts';
import type { WireColumn, WireType } from '../../../src/postgres/copy/wire-column.ts';
import { wireColumn } from '../copy/copy-bytes.ts';
import { createTestDatabase, runSql } from '../test-server.ts';

const doing = 'restoring public.back';
const back = { schema: 'public', name: 'back' };

let url: string;
let client: Client;

beforeAll(async () => {
  url = await createTestDatabase();
  client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`${CONFIGURE_SESSION}; SET default_transaction_read_only = off`);
});

afterAll(() => client.end());

/** A column that the archive holds as Postgres' text. */
function textColumn(name: string, outputFunction: string): WireColumn {
  return wireColumn(
    name,
    { kind: 'text' },
    { expression: `pg_catalog.textin(${outputFunction}("${name}"))` },
  );
}

/** What an archive would read of a table, and its hash. */
async function archive(table: string, columns: readonly WireColumn[]) {
  const hash = createHash('sha256');
  const batches: DecodedBatch[] = [];
  const select = `SELECT ${columns.map((column) => column.expression).join(', ')} FROM ONLY public.${table}`;
  const options = { batchBytes: 2 ** 20, doing: 'reading', stallTimeoutMs: 20_000 };
  for await (const batch of copyTable(client, copyStatement(select), columns, {
    ...options,
    hash: (bytes) => hash.update(bytes),
  })) {
    batches.push(batch);
  }
  return { batches, rowsHash: hash.digest('hex') };
}

async function* batchesOf(batches: readonly DecodedBatch[]): AsyncGenerator<DecodedBatch> {
  yield* batches;
}

/** Loads what `from` holds into `back`, in a transaction. */
async function load(columns: readonly WireColumn[]): Promise<LoadedRows & { archivedHash: string }> {
  const { batches, rowsHash } = await archive('source', columns);
  await client.query('BEGIN');
  try {
    return {
      ...(await loadRows(client, back, columns, batchesOf(batches), { doing, intoNewTable: false })),
      archivedHash: rowsHash,
    };
  } finally {
    await client.query('COMMIT');
  }
}

/** Makes `source` with rows, and an empty `back` of another definition if one is given. */
async function prepare(definition: string, values: string, other = definition): Promise<void> {
  await runSql(
    url,
    `DROP TABLE IF EXISTS source, back;
     CREATE TABLE source (${definition}); CREATE TABLE back (${other}); INSERT INTO source ${values}`,
  );
}

async function expectSameTable(): Promise<void> {
  const rows = await runSql(url, 'SELECT source::text FROM source ORDER BY 1');
  expect(await runSql(url, 'SELECT back::text AS source FROM back ORDER BY 1')).toEqual(rows);
}

test('columns are matched by name: order and further columns of the table are its own affair', async () => {
  await prepare('a int4, b text', `VALUES (1, 'x')`, `c int DEFAULT 7, b varchar(5), a int4`);
  await load([wireColumn('a', { kind: 'int4' }), wireColumn('b', { kind: 'text' })]);
  expect(await runSql(url, 'SELECT a, b, c FROM back')).toEqual([{ a: 1, b: 'x', c: 7 }]);
});

test('identities keep their values; generated columns are made again, and are in the hash', async () => {
  const definition = `id int4 GENERATED ALWAYS AS IDENTITY, twice int4 GENERATED ALWAYS AS (n * 2) STORED, n int4, at interval,
    tags varchar[] GENERATED ALWAYS AS (ARRAY['a'::varchar]) STORED`;
  await prepare(definition, `(n, at) SELECT g, make_interval(days => g) FROM generate_series(1, 50) g`);
  await runSql(url, 'DELETE FROM source WHERE id < 20');
  const int4: WireType = { kind: 'int4' };
  const native = [
    wireColumn('id', int4),
    wireColumn('twice', int4),
    wireColumn('n', int4),
    wireColumn('tags', { kind: 'array', element: { kind: 'text' } }),
  ];
  for (const columns of [native, [...native, textColumn('at', 'interval_out')]]) {
    await runSql(url, 'TRUNCATE back');
    const loaded = await load(columns);
    expect(loaded).toMatchObject({ rows: 31, rowsHash: loaded.archivedHash });
    expect(await archive('back', columns)).toMatchObject({ rowsHash: loaded.archivedHash });
  }
  await expectSameTable();
});

test('a staged load keeps every bit of the columns beside the text, and their order', async () => {
  await prepare(
    'x float8, at interval',
    `SELECT 'inf'::float8 - y, '-1 day 2 h' FROM (VALUES ('inf'::float8)) v (y)`,
  );
  const columns = [wireColumn('x', { kind: 'float8' }), textColumn('at', 'interval_out')];
  const loaded = await load(columns);
  expect(loaded.rowsHash).toBe(loaded.archivedHash);
  expect(await archive('back', columns)).toMatchObject({ rowsHash: loaded.archivedHash });
  const bits = await runSql(url, `SELECT encode(float8send(x), 'hex') AS bits FROM back`);
  expect(bits).toEqual([{ bits: 'fff8000000000000' }]);
});

test('a staged load of more than its stage holds goes in parts', async () => {
  await prepare(
    'id int4, note text, at time',
    `SELECT g, repeat(md5(g::text), 8000), '24:00' FROM generate_series(1, 90) g`,
  );
  const columns = [
    wireColumn('id', { kind: 'int4' }),
    wireColumn('note', { kind: 'text' }),
    textColumn('at', 'time_out'),
  ];
  const loaded = await load(columns);
  expect(loaded).toMatchObject({ rows: 90, rowsHash: loaded.archivedHash });
  expect(await archive('back', columns)).toMatchObject({ rowsHash: loaded.archivedHash });
  expect(await runSql(url, `SELECT to_regclass('pg_temp.permafrost_stage') AS stage`)).toEqual([
    { stage: null },
  ]);
});

test('several tables are staged in one transaction, one after the other', async () => {
  await prepare('at time', `VALUES ('24:00')`);
  const columns = [textColumn('at', 'time_out')];
  const { batches } = await archive('source', columns);
  await client.query('BEGIN');
  for (let run = 0; run < 2; run += 1)
    await loadRows(client, back, columns, batchesOf(batches), { doing, intoNewTable: false });
  await client.query('COMMIT');
  expect(await runSql(url, 'SELECT at FROM back')).toEqual([{ at: '24:00:00' }, { at: '24:00:00' }]);
});

test('casts that people made have no part in it', async () => {
  await runSql(
    url,
    `CREATE TYPE pair AS (a int, b text);
     CREATE FUNCTION wrong_pair(text) RETURNS pair LANGUAGE sql AS $$ SELECT (0, 'wrong')::pair $$;
     CREATE FUNCTION wrong_time(text) RETURNS time LANGUAGE sql AS $$ SELECT '00:00'::time $$;
     CREATE CAST (text AS pair) WITH FUNCTION wrong_pair(text);
     CREATE CAST (text AS time) WITH FUNCTION wrong_time(text) AS ASSIGNMENT`,
  );
  await prepare(
    'p pair, at time, r regclass',
    `VALUES ((7, 'x')::pair, '12:34'::pg_catalog.time, '4294967295')`,
  );
  await load([textColumn('p', 'record_out'), textColumn('at', 'time_out'), textColumn('r', 'regclassout')]);
  const rows = await runSql(url, 'SELECT (p).a, (p).b, at, r::oid::text AS r FROM back');
  expect(rows).toEqual([{ a: 7, b: 'x', at: '12:34:00', r: '4294967295' }]);
});

// Postgres says "may hold nulls" of such an array for ever, and not of an equal one that is made anew.
test.each([
  { form: 'list', values: `VALUES ('{NULL,2}')`, update: 'UPDATE source SET a[1] = 1', companion: false },
  {
    form: 'companion text',
    values: `VALUES ('{{NULL},{2}}')`,
    update: 'UPDATE source SET a[1][1] = 1',
    companion: true,
  },
])('an array that once held a null has the same hash as an equal one ($form)', async (sample) => {
  await prepare('a int[]', sample.values);
  const columns = [
    wireColumn('a', { kind: 'array', element: { kind: 'int4' } }, { companion: sample.companion }),
  ];
  const withNull = await archive('source', columns);
  await runSql(url, sample.update);
  const loaded = await load(columns);
  await expectSameTable();
  expect(loaded.rowsHash).toBe(loaded.archivedHash);
  expect(loaded.rowsHash).not.toBe(withNull.rowsHash);
  expect(await archive('back', columns)).toMatchObject({ rowsHash: loaded.rowsHash });
});

describe('a table that does not take the rows is named:', () => {
  test('without the column, or with one of another type', async () => {
    await prepare('a int4', 'VALUES (1)', 'a int8');
    await expect(load([wireColumn('a', { kind: 'int4' })])).rejects.toMatchObject({
      code: 'table-changed',
      message: 'public.back has a as bigint, but the archive holds int4',
    });
    await expect(planLoad(client, back, [wireColumn('gone', { kind: 'int4' })])).rejects.toMatchObject({
      code: 'table-changed',
      message: 'public.back has no column gone',
    });
  });

  test('it is not there', async () => {
    const missing = { schema: 'public', name: 'missing' };
    await expect(planLoad(client, missing, [])).rejects.toMatchObject({ code: 'table-not-found' });
  });

  test('its type does not know a text, which is not quoted', async () => {
    await prepare('a interval', `VALUES ('4711 days')`, 'a inet');
    const error = await load([textColumn('a', 'interval_out')]).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'integrity', message: expect.stringContaining('22P02') });
    expect(JSON.stringify([error, String(error)])).not.toContain('4711');
    expect(await runSql(url, 'SELECT FROM back')).toEqual([]);
  });

  test('a trigger drops rows', async () => {
    await prepare('a int4', 'VALUES (1), (2)');
    await runSql(
      url,
      `CREATE FUNCTION drop_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN CASE WHEN NEW.a = 1 THEN NEW END; END';
       CREATE TRIGGER t BEFORE INSERT ON back FOR EACH ROW EXECUTE FUNCTION drop_row()`,
    );
    await expect(load([wireColumn('a', { kind: 'int4' })])).rejects.toMatchObject({ code: 'integrity' });
  });
});

test('the signal ends a load between and in its statements', async () => {
  await prepare('a int4, at time', `SELECT g, '12:00' FROM generate_series(1, 1000) g`);
  const columns = [wireColumn('a', { kind: 'int4' }), textColumn('at', 'time_out')];
  const { batches } = await archive('source', columns);
  const stop = new AbortController();
  const rows: number[] = [];
  await client.query('BEGIN');
  const loading = loadRows(client, back, columns, batchesOf(batches), {
    doing,
    intoNewTable: false,
    signal: stop.signal,
    onProgress: (count) => {
      rows.push(count);
      stop.abort();
    },
  });
  await expect(loading).rejects.toMatchObject({ code: 'cancelled' });
  await client.query('ROLLBACK');
  expect(rows).toEqual([1000]);
  expect(await runSql(url, 'SELECT FROM back')).toEqual([]);
});
