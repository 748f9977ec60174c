import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type NightResult, tableLabel } from '../../src/archive/night.ts';
import { defineSourceSet } from '../../src/archive/source-set.ts';
import { type OpenServer, serverVersions } from '../postgres/server-versions.ts';
import { runSql, withClient } from '../postgres/test-server.ts';
import { openSampleNights, type SampleNights } from './sample-night.ts';

/**
 * Each kind of relation by its policy, through the plan and the archive: every relation of the source is archived, failed
 * or excluded by a rule.
 */
describe.each(serverVersions.filter(({ present }) => present))('PostgreSQL $version', ({ version, open }) => {
  let server: OpenServer;
  let opened: SampleNights | undefined;

  beforeAll(async () => {
    server = await open();
  });
  afterEach(() => opened?.close());
  afterAll(() => server.stop());

  async function source(sql: string): Promise<{ url: string; nights: SampleNights }> {
    const url = await server.createDatabase();
    await runSql(url, sql);
    opened = await openSampleNights(url);
    return { url, nights: opened };
  }

  test('B55: schemas that look like those of the system are archived, and equal names in two schemas kept apart', async () => {
    const schemas = ['PG_x', 'Information_Schema', 'pgx', 'a', 'b'];
    const { nights } = await source(
      schemas
        .map((name) => `CREATE SCHEMA "${name}"; CREATE TABLE "${name}".same AS SELECT '${name}' AS a`)
        .join(';'),
    );
    const result = await nights.freeze({});
    expect(whatCameOf(result)).toEqual(Object.fromEntries(schemas.map((name) => [`${name}.same`, 1])));
    for (const table of result.tables) {
      expect(await nights.rows(table.lakeTable)).toEqual([{ a: table.schema }]);
    }
  });

  test('B55: a table that someone made in a schema of the system is not passed over', async () => {
    const { nights } = await source('CREATE TABLE information_schema.made AS SELECT 1 AS a');
    expect(whatCameOf(await nights.freeze({}))).toEqual({ 'information_schema.made': 1 });
  });

  test('B56: of partitioned tables each row is archived once, under its own columns', async () => {
    const { url, nights } = await source(`
      CREATE TABLE root (a int, b int, c text) PARTITION BY LIST (a);
      CREATE TABLE leaf PARTITION OF root FOR VALUES IN (1);
      CREATE TABLE branch PARTITION OF root FOR VALUES IN (2) PARTITION BY LIST (b);
      CREATE TABLE twig PARTITION OF branch FOR VALUES IN (1);
      CREATE TABLE rest PARTITION OF branch DEFAULT;
      CREATE TABLE turned (gone int, c text, b int, a int); ALTER TABLE turned DROP gone;
      ALTER TABLE root ATTACH PARTITION turned FOR VALUES IN (3);
      CREATE TABLE empty_root (a int) PARTITION BY RANGE (a);
      INSERT INTO root SELECT a, b, a || '/' || b FROM generate_series(1, 3) a, generate_series(1, 3) b;
      CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
      CREATE FOREIGN TABLE elsewhere PARTITION OF root FOR VALUES IN (4) SERVER files OPTIONS (filename '/dev/null')`);
    const result = await nights.freeze({});
    expect(whatCameOf(result)).toEqual({
      'public.leaf': 3,
      'public.rest': 2,
      'public.turned': 3,
      'public.twig': 1,
      'public.branch': 'partitioned table',
      'public.elsewhere': 'foreign table',
      'public.empty_root': 'partitioned table',
      'public.root': 'partitioned table',
    });
    const archived = await Promise.all(result.tables.map(({ lakeTable }) => nights.rows(lakeTable)));
    const inPostgres = await runSql(url, 'SELECT a::text, b::text, c FROM root');
    expect(sorted(archived.flat())).toEqual(sorted(inPostgres));
  });

  test('B57: with inheritance each row is archived once, with the columns of its own table', async () => {
    const { nights } = await source(`
      CREATE TABLE one (a int); CREATE TABLE two (b int);
      CREATE TABLE both_of (c int) INHERITS (one, two); CREATE TABLE below () INHERITS (both_of);
      INSERT INTO one VALUES (1); INSERT INTO two VALUES (2);
      INSERT INTO both_of VALUES (3, 3, 3); INSERT INTO below VALUES (4, 4, 4)`);
    expect(whatCameOf(await nights.freeze({}))).toEqual({
      'public.one': 1,
      'public.two': 1,
      'public.both_of': 1,
      'public.below': 1,
    });
    expect(await nights.rows('one')).toEqual([{ a: '1' }]);
    expect(await nights.rows('below')).toEqual([{ a: '4', b: '4', c: '4' }]);
  });

  const EVERY_KIND = `
    CREATE TABLE plain AS SELECT 1 AS a;
    CREATE UNLOGGED TABLE not_logged AS SELECT 1 AS a;
    CREATE TYPE row_type AS (a int); CREATE TABLE typed OF row_type; INSERT INTO typed VALUES (1);
    CREATE TABLE ruled (a int); INSERT INTO ruled VALUES (1); CREATE RULE nothing AS ON INSERT TO ruled DO INSTEAD NOTHING;
    CREATE TABLE long AS SELECT repeat(md5(i::text), 4000) AS a FROM generate_series(1, 3) i;
    CREATE VIEW seen AS SELECT a, a + 1 AS b FROM plain;
    CREATE MATERIALIZED VIEW computed AS SELECT a FROM plain;
    CREATE MATERIALIZED VIEW unfilled AS SELECT a FROM plain WITH NO DATA;
    CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
    CREATE FOREIGN TABLE elsewhere (a text) SERVER files OPTIONS (filename '/etc/hostname');
    CREATE SEQUENCE counter; CREATE INDEX ON plain (a);`;

  test('B58: what holds rows is archived, and everything else is named with its rule', async () => {
    const { url, nights } = await source(EVERY_KIND);
    await withClient(url, async (other) => {
      await other.query('CREATE TEMPORARY TABLE fleeting (a int)');
      const [temporary] = await runSql(
        url,
        "SELECT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relname = 'fleeting'",
      );
      expect(whatCameOf(await nights.freeze({}))).toEqual({
        'public.plain': 1,
        'public.not_logged': 1,
        'public.typed': 1,
        'public.ruled': 1,
        'public.long': 3,
        'public.seen': 'view',
        'public.computed': 'materialized view',
        'public.unfilled': 'materialized view',
        'public.elsewhere': 'foreign table',
        [`${String(temporary?.nspname)}.fleeting`]: 'temporary table',
      });
    });
  });

  test('B58: a view, a materialized view and a foreign table are archived where they are named in full', async () => {
    const { nights } = await source(EVERY_KIND);
    const tables = ['public.seen', 'public.computed', 'public.unfilled', 'public.elsewhere', 'public.pl*'];
    const result = await nights.freeze({ tables });
    expect(whatCameOf(result)).toEqual({
      'public.plain': 1,
      'public.seen': 1,
      'public.computed': 1,
      'public.unfilled': 'source-unsuitable',
      'public.elsewhere': 1,
    });
    expect(result.tables.find(({ name }) => name === 'unfilled')).toMatchObject({
      message: expect.stringContaining('never filled'),
      cure: expect.stringContaining('REFRESH MATERIALIZED VIEW'),
    });
    expect(await nights.rows('seen')).toEqual([{ a: '1', b: '2' }]);
    expect(await nights.rows('computed')).toEqual([{ a: '1' }]);
    expect(await nights.rows('elsewhere')).toHaveLength(1);
  });

  test('B58: a wildcard takes no view, and says so', async () => {
    const { nights } = await source(EVERY_KIND);
    expect(whatCameOf(await nights.freeze({ tables: ['public.s*'] }))).toEqual({ 'public.seen': 'view' });
  });

  test('B58: a definition allows a view; what no rule of the set covers is named first', async () => {
    const { nights } = await source(`${EVERY_KIND}
      CREATE TABLE root (a int) PARTITION BY LIST (a); CREATE TABLE part PARTITION OF root DEFAULT; INSERT INTO root VALUES (1)`);
    const set = defineSourceSet({
      name: 'shop',
      tables: ['public.seen', 'public.computed', 'public.plain', 'public.root', 'public.gone'].map(
        (table) => ({
          table,
          mode: 'snapshot',
        }),
      ),
      exclude: [
        { pattern: 'public.typed', rule: 'made by hand' },
        { pattern: 'public.else*', rule: 'kept by the other server' },
      ],
    });
    const result = await nights.freeze({ set });
    expect(whatCameOf(result)).toEqual({
      'public.seen': 1,
      'public.computed': 1,
      'public.plain': 1,
      'public.part': 1,
      'public.long': 'no rule covers it',
      'public.not_logged': 'no rule covers it',
      'public.ruled': 'no rule covers it',
      'public.typed': 'made by hand',
      'public.elsewhere': 'kept by the other server',
      'public.unfilled': 'materialized view',
      'public.root': 'partitioned table',
    });
    expect(result.missing).toEqual(['public.gone']);
    expect(result.excluded.slice(0, 3).map(({ name }) => name)).toEqual(['long', 'not_logged', 'ruled']);
  });

  test('B58: a column of a view that is renamed stays the same column', async () => {
    const { url, nights } = await source('CREATE VIEW seen AS SELECT 1 AS a, 2 AS b');
    await nights.freeze({ tables: ['public.seen'] });
    await runSql(
      url,
      'ALTER VIEW seen RENAME a TO x; CREATE OR REPLACE VIEW seen AS SELECT 1 AS x, 2 AS b, 3 AS c',
    );
    const { tables } = await nights.freeze({ tables: ['public.seen'], night: '2026-03-28' });
    expect(tables).toMatchObject([
      { schemaChanges: ['column a was renamed to x', 'column c (integer) was added'] },
    ]);
  });

  test('B61: generated, identity and volatile columns are archived as they are read', async () => {
    const { nights } = await source(`
      CREATE TABLE made (
        id bigint GENERATED ALWAYS AS IDENTITY, a int, stored int GENERATED ALWAYS AS (a * 2) STORED,
        ${version >= 18 ? 'computed int GENERATED ALWAYS AS (a * 3) VIRTUAL,' : ''}
        dice float8 DEFAULT random(), at timestamptz DEFAULT clock_timestamp());
      INSERT INTO made (a, dice, at) VALUES (7, 0.5, '2026-03-01 00:00:00Z')`);
    await nights.freeze({});
    expect(await nights.rows('made')).toEqual([
      {
        id: '1',
        a: '7',
        stored: '14',
        ...(version >= 18 ? { computed: '21' } : {}),
        dice: '0.5',
        at: String(Date.parse('2026-03-01T00:00:00Z') * 1000),
      },
    ]);
  });
});

/** Of every relation that the night speaks of: how many rows, the code of the failure, or how its rule begins. */
function whatCameOf({ tables, excluded, failure }: NightResult): Readonly<Record<string, number | string>> {
  expect(failure).toBeUndefined();
  const entries = [
    ...tables.map(
      (table) => [tableLabel(table), table.kind === 'archived' ? table.rows : table.code] as const,
    ),
    ...excluded.map((table) => [tableLabel(table), table.rule.split(/[:;]/)[0] ?? ''] as const),
  ];
  expect(new Set(entries.map(([label]) => label)).size).toBe(entries.length);
  return Object.fromEntries(entries);
}

function sorted(rows: readonly object[]): readonly string[] {
  return rows
    .map((row) => JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1))))
    .toSorted();
}
