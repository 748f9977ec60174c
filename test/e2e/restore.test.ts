import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { runSql } from '../postgres/test-server.ts';
import { readDatabase } from '../restore/database-content.ts';
import { createDatabase } from '../restore/restored-lake.ts';
import { permafrost } from './command-line.ts';

/** The way back, as a person types it. */
let folder = '';
let source = '';
/** What the archive said. */
let said = '';
let env: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-restore-'));
  source = await createDatabase(
    inject('postgresUrl'),
    `CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL);
     CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, at timestamptz, note text);
     INSERT INTO customers (name) SELECT 'c' || i FROM generate_series(1, 100) i;
     INSERT INTO orders SELECT i, 1 + i % 100, timestamptz '2026-01-01' + i * interval '1 s', CASE WHEN i % 3 = 0 THEN '' END FROM generate_series(1, 1000) i`,
  );
  env = {
    PERMAFROST_LAKE: join(folder, 'lake'),
    PERMAFROST_STATE_FOLDER: join(folder, 'state'),
    PERMAFROST_DRILL_SERVER: inject('postgresUrl'),
  };
  const night = await permafrost(['archive', '--no-temporal', '--tables', 'public.*', '--drill'], {
    ...env,
    PERMAFROST_SOURCE: source,
  });
  if (night.code !== 0) throw new Error(night.stderr);
  said = night.stdout;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a night with --drill says what came back', () => {
  expect(said).toMatch(/✓ drill: public\.customers \(smallest\) came back, 100 rows in [\d.]+ s/);
});

test('restore --into a database brings the night back and says what it checked', async () => {
  const target = await createDatabase(inject('postgresUrl'));
  const result = await permafrost(['restore'], { ...env, PERMAFROST_INTO: target });
  expect(result.code, result.stderr).toBe(0);
  expect(result.stdout).toMatch(/public\.orders +1,000 +[\d.]+ +[0-9a-f]{64}/);
  expect(result.stdout).toMatch(
    /2 tables, 1,100 rows of the night [\d-]+ restored into t_\w+ at 127\.0\.0\.1:\d+/,
  );
  expect(await readDatabase(target)).toEqual(await readDatabase(source));
  await runSql(target, "INSERT INTO customers (name) VALUES ('next')");
  expect(await runSql(target, "SELECT id FROM customers WHERE name = 'next'")).toEqual([{ id: 101 }]);
});

test('a night of which a part was done again says that its tables do not agree', async () => {
  const lake = { ...env, PERMAFROST_LAKE: join(folder, 'again'), PERMAFROST_SOURCE: source };
  for (const tables of ['public.*', 'public.orders']) {
    const night = await permafrost(['archive', '--no-temporal', '--tables', tables], lake);
    expect(night.code, night.stderr).toBe(0);
  }
  const target = await createDatabase(inject('postgresUrl'));
  const result = await permafrost(['restore'], { ...lake, PERMAFROST_INTO: target });
  expect(result.code, result.stderr).toBe(0);
  expect(result.stdout).toMatch(
    /· the tables were read at 2 times, 2\S+Z to 2\S+Z: in between, rows may have changed/,
  );
});

test('restore --json is a document', async () => {
  const target = await createDatabase(inject('postgresUrl'));
  const result = await permafrost(['restore', '--tables', 'public.orders', '--json'], {
    ...env,
    PERMAFROST_INTO: target,
  });
  expect(JSON.parse(result.stdout)).toMatchObject({
    tables: [{ schema: 'public', name: 'orders', rows: 1000 }],
    leftOut: [{ kind: 'not-asked-for', what: 'foreign key public.orders_customer_fkey of public.orders' }],
    absent: [],
  });
});

test('restore --into a folder leaves CSV and a script', async () => {
  const into = join(folder, 'out');
  const result = await permafrost(['restore', '--into', into], env);
  expect(result.code, result.stderr).toBe(0);
  expect((await readdir(into)).toSorted()).toEqual(['customers.csv', 'orders.csv', 'restore.sql']);
  const [head, , second] = (await readFile(join(into, 'orders.csv'), 'utf8')).split('\n');
  expect(head).toBe('id,customer,at,note');
  expect(second).toBe('2,3,2026-01-01 00:00:02+00,');
});

describe('bad input gets one clear line and leaves nothing', () => {
  test.each([
    [['restore'], {}, 2, 'nothing is named to restore into'],
    [
      ['restore', '--night', '2020-01-01'],
      { PERMAFROST_INTO: '/tmp/x' },
      4,
      'the lake does not hold the night 2020-01-01',
    ],
    [['restore', '--night', 'monday'], { PERMAFROST_INTO: '/tmp/x' }, 2, '--night is not a date'],
    [['restore', '--tables', 'public.gone'], { PERMAFROST_INTO: '/tmp/x' }, 4, 'holds no table public.gone'],
    [
      ['restore', '--into', 'postgres://a@127.0.0.1:1/b?sslmode=disable'],
      {},
      3,
      'connecting to b at 127.0.0.1:1: nothing listens there',
    ],
    [
      ['restore', '--into', 'postgres://a:secret@127.0.0.1:1/b'],
      {},
      2,
      '--into: a password on the command line',
    ],
    [['drill', '--tables', 'public.gone'], {}, 4, 'holds none of these tables'],
    [['drill'], { PERMAFROST_LAKE: '/tmp/permafrost-no-such-lake' }, 4, 'the lake holds no night'],
  ])('%j %j', async (args, more, code, line) => {
    const result = await permafrost(args, { ...env, ...more });
    expect(result.code, result.stderr).toBe(code);
    expect(result.stderr).toContain(`permafrost: `);
    expect(result.stderr).toContain(line);
    expect(result.stderr).not.toContain('secret');
    expect(result.stdout).toBe('');
  });

  test('a database that is not empty stays as it is', async () => {
    const target = await createDatabase(inject('postgresUrl'), 'CREATE TABLE mine (a int)');
    const result = await permafrost(['restore'], { ...env, PERMAFROST_INTO: target });
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/ is not empty: it has public\.mine\n.*--beside-others/);
    expect(Object.keys((await readDatabase(target)).tables)).toEqual(['public.mine']);
  });
});
