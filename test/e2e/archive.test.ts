import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { nightOf } from '../../src/archive/night-date.ts';
import type { LakeSnapshot, LakeTable } from '../../src/archive/read-lake.ts';
import { EXIT } from '../../src/cli/exit-code.ts';
import type { ScheduleState } from '../../src/temporal/schedule-state.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';
import { type CommandResult, permafrost, startPermafrost } from './command-line.ts';

/** The command line on a real database, with and without a real Temporal server. */
const everything = ['--tables', 'public.*'];
const today = nightOf(new Date());
const yesterday = nightOf(new Date(Date.now() - 86_400_000));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-archive-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A database with three small tables, one of them empty. */
async function createShop(): Promise<string> {
  const url = await createTestDatabase();
  await runSql(
    url,
    `CREATE TABLE customers (id int PRIMARY KEY, name text);
     INSERT INTO customers SELECT i, 'customer ' || i FROM generate_series(1, 300) i;
     CREATE TABLE orders (id bigint, placed_at timestamptz, total numeric(12, 2));
     INSERT INTO orders SELECT i, timestamptz '2026-01-01' + i * interval '1 minute', i / 4.0 FROM generate_series(1, 1000) i;
     CREATE TABLE "Empty Table" (x int);`,
  );
  return url;
}

/** Commands on one source and lake. */
function shopAt(source: string, lake: string) {
  const env = {
    PERMAFROST_SOURCE: source,
    PERMAFROST_LAKE: join(folder, lake),
    PERMAFROST_STATE_FOLDER: join(folder, `${lake}-state`),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
  };
  const succeed = async (...args: readonly string[]): Promise<CommandResult> => {
    const result = await permafrost(args, env);
    expect(result.code, result.stderr).toBe(EXIT.ok);
    return result;
  };
  const json = async <T>(...args: readonly string[]): Promise<T> =>
    JSON.parse((await succeed(...args)).stdout) as T;
  return {
    env,
    run: (...args: readonly string[]) => permafrost(args, env),
    start: (...args: readonly string[]) => startPermafrost(args, env),
    succeed,
    tables: () => json<readonly LakeTable[]>('tables', '--json'),
    history: (table: string) => json<readonly LakeSnapshot[]>('history', table, '--json'),
    query: (sql: string, ...options: readonly string[]) =>
      json<readonly Record<string, unknown>[]>('query', '--json', sql, ...options),
    async mail() {
      const mails = join(env.PERMAFROST_STATE_FOLDER, 'mail');
      const files = await readdir(mails);
      return Promise.all(
        files.map(async (file) => ({ file, text: await readFile(join(mails, file), 'utf8') })),
      );
    },
  };
}

const shopRows = `
  select (select count(*) from customers) as customers, (select sum(total)::varchar from orders) as total,
         (select max(placed_at)::varchar from orders) as last_order, (select min(dt)::varchar from customers) as dt`;

/** The name ends with when the run ended, and which one it was. */
const names = (files: readonly { readonly file: string }[]) =>
  files.map(({ file }) => file.replace(/-\w+-\w+(?=\.)/, ''));

describe('a night', () => {
  let source: string;

  beforeAll(async () => {
    source = await createShop();
  });

  test('has the same layout, rows and report with Temporal and without', { timeout: 90_000 }, async () => {
    const [durable, plain] = [shopAt(source, 'durable'), shopAt(source, 'plain')];
    const told = await durable.succeed('archive', ...everything);
    expect(told.stdout).toMatch(/night .* of adhoc: 3 of 3 tables archived, 1,300 rows/);
    await plain.succeed('archive', ...everything, '--no-temporal');

    expect(await layoutOf(plain.env.PERMAFROST_LAKE)).toEqual(await layoutOf(durable.env.PERMAFROST_LAKE));
    const [rows] = await durable.query(shopRows);
    expect(rows).toMatchObject({ customers: 300, total: '125125.00', dt: today });
    expect(await plain.query(shopRows)).toEqual([rows]);
    const summaries = (await durable.tables()).map((table) => withoutIds(table));
    expect(summaries.map(({ source: from, latestRows }) => [from, latestRows])).toEqual([
      ['public.customers', 300],
      ['public.Empty Table', 0],
      ['public.orders', 1000],
    ]);
    expect((await plain.tables()).map((table) => withoutIds(table))).toEqual(summaries);
    const mails = await durable.mail();
    expect(names(mails)).toEqual(names(await plain.mail()));
  });

  test('archived again replaces its rows and does not double them', { timeout: 90_000 }, async () => {
    const shop = shopAt(source, 'durable');
    const before = await shop.history('customers');
    await runSql(
      source,
      "DELETE FROM customers WHERE id > 250; UPDATE customers SET name = 'changed' WHERE id = 1",
    );
    const { stdout } = await shop.succeed('archive', ...everything, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      tables: expect.arrayContaining([expect.objectContaining({ name: 'customers', rows: 250 })]),
    });

    const [newest, ...earlier] = await shop.history('customers');
    expect(newest).toMatchObject({ operation: 'overwrite', rows: 250, metadataVersion: 2 });
    expect(earlier).toEqual(before);
    expect(
      await shop.query(
        "select count(*)::int as n, count(*) filter (name = 'changed')::int as c from customers",
      ),
    ).toEqual([{ n: 250, c: 1 }]);
  });

  test('before another is what --as-of, history and tables show', { timeout: 90_000 }, async () => {
    const shop = shopAt(source, 'two-nights');
    const late = await shop.succeed('archive', ...everything, '--no-temporal', '--date', yesterday);
    expect(late.stdout).toContain('recorded late');
    await runSql(
      source,
      'TRUNCATE orders; ALTER TABLE customers RENAME name TO full_name; ALTER TABLE customers ADD vip bool; CREATE TABLE leads ()',
    );
    await shop.succeed('archive', ...everything, '--no-temporal');

    expect(
      await shop.query('select count(*)::int as n, min(name) as least from customers', '--as-of', yesterday),
    ).toEqual([{ n: 250, least: 'changed' }]);
    expect(await shop.query('select count(*)::int as n from orders', '--as-of', yesterday)).toEqual([
      { n: 1000 },
    ]);
    expect(await shop.query('select count(*)::int as n from orders', '--as-of', today)).toEqual([{ n: 0 }]);
    const printed = await shop.succeed(
      'query',
      'select dt, count(*) as n, min(full_name) as least, bool_or(vip) as vip from customers group by dt order by dt',
    );
    expect(
      printed.stdout
        .split('\n')
        .slice(0, 4)
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['dt', 'n', 'least', 'vip'],
      expect.anything(),
      [yesterday, '250', 'changed'],
      [today, '250', 'changed'],
    ]);

    const history = await shop.succeed('history', 'customers');
    expect(history.stdout).toMatch(new RegExp(`${today} .*append.*v2\\n${yesterday} .*append.*v1\\n`));
    expect(history.stdout).toContain('column name was renamed to full_name');
    const tables = await shop.succeed('tables');
    expect(tables.stdout).toMatch(new RegExp(`customers +public\\.customers +2 +${today} +250 .* 500 `));
    for (const name of ['leads', 'public.leads']) {
      const tooEarly = await shop.run('query', `from ${name}`, '--as-of', yesterday);
      expect(tooEarly.stderr).toContain(`the table leads has no night on or before ${yesterday}`);
      expect(tooEarly.code).toBe(EXIT.lake);
    }
    const unknown = await shop.run('query', 'select nothing from customers');
    expect(unknown).toMatchObject({ code: EXIT.configuration, stdout: '' });
    expect(unknown.stderr).toMatch(/^permafrost: .*nothing/);
  });
});

test(
  'tables that cannot be read are named in red, the others are committed (B59, B60)',
  { timeout: 90_000 },
  async () => {
    const source = await createShop();
    const database = new URL(source).pathname.slice(1);
    const reader = `reader_${database}`;
    await runSql(
      source,
      `CREATE ROLE ${reader} LOGIN PASSWORD 'reader';
     CREATE TABLE forbidden (secret_value text); INSERT INTO forbidden VALUES ('top secret');
     CREATE TABLE filtered (a int); INSERT INTO filtered VALUES (1); ALTER TABLE filtered ENABLE ROW LEVEL SECURITY;
     GRANT SELECT ON customers, orders, "Empty Table", filtered TO ${reader};`,
    );
    const url = new URL(source);
    url.username = reader;
    url.password = 'reader';
    const shop = shopAt(url.href, 'reader');

    const result = await shop.run('archive', ...everything);
    expect(result.code, result.stderr).toBe(EXIT.incomplete);
    expect(result.stdout).toMatch(/✗ public\.forbidden: .*may not read it.* → grant/);
    expect(result.stdout).toMatch(/✗ public\.filtered: .*row-level security.* → .*BYPASSRLS/);
    expect(result.stdout).toContain('3 of 5 tables archived');
    expect((await shop.tables()).map(({ source: from }) => from)).toEqual([
      'public.customers',
      'public.Empty Table',
      'public.orders',
    ]);
    for (const { file, text } of await shop.mail()) {
      expect(text, file).toContain('public.forbidden');
      expect(text, file).toContain('public.filtered');
      expect(text, file).toMatch(/2 of 5 tables not archived/);
      expect(text, file).not.toContain('top secret');
    }
    expect((await shop.mail()).map(({ text }) => /^Importance: high$/im.test(text))).toContain(true);
    await runSql(source, `DROP OWNED BY ${reader}; DROP ROLE ${reader}`);
  },
);

test('a backfill archives each date as a night of its own, marked late', { timeout: 90_000 }, async () => {
  const shop = shopAt(await createShop(), 'backfill');
  const result = await shop.succeed('backfill', ...everything, '--from', '2026-01-30', '--to', '2026-01-31');
  expect(result.stdout.match(/recorded late: .* not of 2026-01-3[01]/g)).toHaveLength(2);
  const history = await shop.history('orders');
  expect(history.map(({ night, rows, operation }) => ({ night, rows, operation }))).toEqual([
    { night: '2026-01-31', rows: 1000, operation: 'append' },
    { night: '2026-01-30', rows: 1000, operation: 'append' },
  ]);
  const metadata = await readFile(
    join(shop.env.PERMAFROST_LAKE, 'iceberg/orders/metadata/v2.metadata.json'),
    'utf8',
  );
  const { snapshots } = JSON.parse(metadata) as { snapshots: readonly { summary: Record<string, string> }[] };
  expect(snapshots.map(({ summary }) => summary['permafrost.late'])).toEqual(['true', 'true']);
});

test(
  'the schedule starts nights that a worker runs, and the worker ends when it is told to',
  { timeout: 120_000 },
  async () => {
    const shop = shopAt(await createShop(), 'scheduled');
    const describeIt = async () =>
      JSON.parse((await shop.succeed('schedule', 'describe', '--json')).stdout) as ScheduleState;
    const worker = shop.start('worker', ...everything);
    try {
      expect((await shop.succeed('schedule', 'apply', ...everything, '--at', '03:30')).stdout).toMatch(
        /was created: every night at 03:30 UTC/,
      );
      expect((await shop.succeed('schedule', 'apply', ...everything, '--at', '04:45')).stdout).toMatch(
        /was updated: every night at 04:45 UTC/,
      );
      await shop.succeed('schedule', 'pause');
      expect(await describeIt()).toMatchObject({ paused: true, missed: 0 });
      await shop.succeed('schedule', 'unpause');
      const state = await describeIt();
      expect(state.paused).toBe(false);
      expect(state.nextNights[0]).toMatch(/T04:45:00\.000Z$/);

      await worker.says('worker up');
      await shop.succeed('schedule', 'trigger');
      const mail = join(shop.env.PERMAFROST_STATE_FOLDER, 'mail');
      await expect.poll(() => readdir(mail).catch(() => []), { timeout: 60_000 }).not.toEqual([]);
      const [night] = await shop.history('orders');
      expect(night).toMatchObject({ night: today, rows: 1000, operation: 'append' });
      expect((await describeIt()).recentNights).toHaveLength(1);
    } finally {
      await shop.succeed('schedule', 'delete');
      worker.kill('SIGTERM');
    }
    const told = performance.now();
    const ended = await worker.ended;
    expect(ended, ended.stderr).toMatchObject({ code: EXIT.ok, signal: null });
    expect(performance.now() - told).toBeLessThan(15_000);
    expect(worker.leavesProcesses()).toBe(false);
    expect((await shop.run('schedule', 'describe')).code).toBe(EXIT.configuration);
  },
);

/** Paths of a lake, with what is made up for each file left out. */
async function layoutOf(lake: string): Promise<readonly string[]> {
  const entries = await readdir(lake, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(lake, join(entry.parentPath, entry.name)))
    .map((path) =>
      path
        .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
        .replace(/snap-\d+/, 'snap-<id>'),
    )
    .toSorted();
}

function withoutIds({
  name,
  source,
  nights,
  latestNight,
  latestRows,
  totalRows,
  metadataVersion,
}: LakeTable) {
  return { name, source, nights, latestNight, latestRows, totalRows, metadataVersion };
}
