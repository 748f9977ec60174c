import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { measure } from '../../bench/measure.ts';
import type { LakeTable } from '../../src/archive/read-lake.ts';
import { EXIT } from '../../src/cli/exit-code.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';
import { permafrost } from './command-line.ts';

/** Values and rows of a size that no other test has, archived by a process whose memory is measured. */
const MEGABYTE = 2 ** 20;
const program = join(import.meta.dirname, '../../src/cli/permafrost.ts');
const columns = (count: number, type: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => `c${index} ${type(index)}`).join(', ');

let folder: string;
let source: string;
let lakes = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-huge-'));
  source = await createTestDatabase();
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await runSql(source, 'DROP SCHEMA public CASCADE');
});

function archive(tables: readonly string[]): readonly string[] {
  return ['archive', '--no-temporal', '--tables', tables.map((table) => `public.${table}`).join(',')];
}

function newLake() {
  const lake = join(folder, `lake${(lakes += 1)}`);
  const env = {
    PERMAFROST_SOURCE: source,
    PERMAFROST_LAKE: lake,
    PERMAFROST_STATE_FOLDER: `${lake}-state`,
  };
  return {
    lake,
    archive: (...tables: readonly string[]) => permafrost(archive(tables), env),
    /** Peak memory of the whole process; rejects unless all is well. */
    async peakOf(...tables: readonly string[]): Promise<number> {
      const { peakBytes } = await measure([program, ...archive(tables)], env);
      console.log(`${tables.join(', ')}: peak ${Math.round(peakBytes / MEGABYTE)} MB`);
      return peakBytes / MEGABYTE;
    },
    /** The same for a restore, which compares the rows by their hash. */
    async peakOfRestoring(table: string): Promise<number> {
      const { peakBytes } = await measure([program, 'restore', '--tables', `public.${table}`], {
        ...env,
        PERMAFROST_INTO: await createTestDatabase(),
      });
      console.log(`${table}, restored: peak ${Math.round(peakBytes / MEGABYTE)} MB`);
      return peakBytes / MEGABYTE;
    },
    async query(sql: string): Promise<readonly Record<string, unknown>[]> {
      const { stdout, stderr } = await permafrost(['query', '--json', sql], env);
      expect(stderr).not.toContain('✗');
      return JSON.parse(stdout) as Record<string, unknown>[];
    },
    async tables(): Promise<readonly LakeTable[]> {
      return JSON.parse((await permafrost(['tables', '--json'], env)).stdout) as LakeTable[];
    },
    async mail(): Promise<string> {
      const mails = join(`${lake}-state`, 'mail');
      const names = (await readdir(mails)).filter((name) => name.endsWith('.eml'));
      return (await Promise.all(names.map((name) => readFile(join(mails, name), 'utf8')))).join('\n');
    },
    /** Bytes of the metadata files of a table. */
    async metadataBytes(table: string): Promise<number> {
      const found = join(lake, 'iceberg', table, 'metadata');
      const sizes = await Promise.all((await readdir(found)).map((name) => stat(join(found, name))));
      return sizes.reduce((sum, { size }) => sum + size, 0);
    },
  };
}

describe('a huge cell (B22)', () => {
  test(
    'of 300 MB of text takes memory once for itself, and comes back whole',
    { timeout: 120_000 },
    async () => {
      await runSql(
        source,
        `CREATE TABLE report (id int, body text);
       ALTER TABLE report ALTER body SET STORAGE EXTERNAL;
       INSERT INTO report VALUES (1, 'short'), (2, repeat(md5('x') || 'é', ${Math.ceil((300 * MEGABYTE) / 34)})), (3, NULL)`,
      );
      const lake = newLake();
      expect(await lake.peakOf('report')).toBeLessThan(350 + 300);
      const sql = 'SELECT id, md5(body) AS hash FROM report ORDER BY id';
      expect(await lake.query(sql)).toEqual(await runSql(source, sql));
      expect(await lake.peakOfRestoring('report')).toBeLessThan(350 + 2 * 300);
    },
  );

  test('of a compressed gigabyte of zeros is archived', { timeout: 180_000 }, async () => {
    await runSql(source, `CREATE TABLE zeros AS SELECT 1 AS id, repeat('0', 1000000000) AS digits`);
    const lake = newLake();
    expect(await lake.peakOf('zeros')).toBeLessThan(350 + 1000);
    const sql = `SELECT length(digits) AS length, right(digits, 2) AS "end" FROM zeros`;
    expect(await lake.query(sql)).toEqual([{ length: 1_000_000_000, end: '00' }]);
  });

  test('of binary that does not compress takes memory twice', { timeout: 120_000 }, async () => {
    await runSql(
      source,
      `CREATE TABLE scan AS SELECT 1 AS id, string_agg(sha512(i::text::bytea), '' ORDER BY i) AS page
       FROM generate_series(1, ${(150 * MEGABYTE) / 64}) i`,
    );
    const lake = newLake();
    expect(await lake.peakOf('scan')).toBeLessThan(350 + 2 * 150);
    const sql = 'SELECT md5(page) AS hash, octet_length(page) AS bytes FROM scan';
    expect(await lake.query(sql)).toEqual(await runSql(source, sql));
    expect(await lake.peakOfRestoring('scan')).toBeLessThan(350 + 3 * 150);
  });
});

describe('a row that cannot be read (B23)', () => {
  test(
    'larger than the server can send fails its table, by its place, and no other',
    { timeout: 120_000 },
    async () => {
      await runSql(
        source,
        `CREATE TABLE pair (id int, a bytea, b bytea);
       INSERT INTO pair SELECT i, 'small', 'small' FROM generate_series(1, 1000) i;
       INSERT INTO pair VALUES (1001, convert_to(repeat('secret', 100000000), 'UTF8'));
       UPDATE pair SET b = a WHERE id = 1001;
       INSERT INTO pair VALUES (1002, 'small', 'small');
       CREATE TABLE beside AS SELECT i AS id FROM generate_series(1, 10) i`,
      );
      const [row] = await runSql(source, 'SELECT ctid::text FROM pair WHERE id = 1001');
      const ctid = String(row?.['ctid']);
      const lake = newLake();
      const { code, stderr, stdout } = await lake.archive('pair', 'beside');
      expect(code).toBe(EXIT.incomplete);
      expect(stderr + stdout).toContain('SQLSTATE 54000');
      const mail = await lake.mail();
      for (const text of [stderr + stdout, mail.replaceAll('=\r\n', '')]) {
        expect(text).toContain(`row 1001, ctid ${ctid}`);
        expect(text).not.toContain('secret');
      }
      expect((await lake.tables()).map((table) => table.name)).toEqual(['beside']);
    },
  );
});

describe('a long array', () => {
  test('is archived up to the limit', { timeout: 120_000 }, async () => {
    await runSql(
      source,
      `CREATE TABLE series AS SELECT array_fill(7, ARRAY[8000000]) AS numbers,
                                     array_fill('word'::text, ARRAY[6000000]) AS words`,
    );
    const lake = newLake();
    expect(await lake.peakOf('series')).toBeLessThan(1000);
    const sql = 'SELECT cardinality(numbers) AS numbers, cardinality(words) AS words FROM series';
    expect(await lake.query(sql.replaceAll('cardinality', 'len'))).toEqual([
      { numbers: 8_000_000, words: 6_000_000 },
    ]);
  });

  test('fails its table beyond it, by the place of the row', { timeout: 120_000 }, async () => {
    await runSql(
      source,
      `CREATE TABLE longer (id int, numbers int[]);
       INSERT INTO longer SELECT i, ARRAY[i] FROM generate_series(1, 500) i;
       INSERT INTO longer VALUES (501, array_fill(7, ARRAY[17500000]))`,
    );
    const [row] = await runSql(source, 'SELECT ctid::text FROM longer WHERE id = 501');
    const { code, stderr, stdout } = await newLake().archive('longer');
    expect(code).toBe(EXIT.incomplete);
    expect(stderr + stdout).toContain(`row 501, ctid ${String(row?.['ctid'])}`);
    expect(stderr + stdout).toContain('column "numbers": a row has arrays of 134 MB');
  });
});

describe('wide rows', () => {
  test(
    'of 1,600 columns, near the 8 kB of a page, are archived with metadata as small as that (B46)',
    { timeout: 120_000 },
    async () => {
      const values = Array.from({ length: 1600 }, (_, index) => (index % 2 === 0 ? 'i' : `'a' || i % 10`));
      await runSql(
        source,
        `CREATE TABLE wide (${columns(1600, (index) => (index % 2 === 0 ? 'int' : 'text'))});
       INSERT INTO wide SELECT ${values.join(', ')} FROM generate_series(1, 5000) i`,
      );
      const lake = newLake();
      expect(await lake.peakOf('wide')).toBeLessThan(650);
      const sql =
        'SELECT count(*)::int AS rows, sum(c0)::int AS c0, min(c1599) AS low, max(c1599) AS high FROM wide';
      expect(await lake.query(sql)).toEqual(await runSql(source, sql));
      // A field in the schema, in the list of names, and sizes, counts and bounds in the manifest.
      expect(await lake.metadataBytes('wide')).toBeLessThan(1600 * 500);
    },
  );

  test(
    'of 300 MB over 1,600 columns take memory once for themselves (F21)',
    { timeout: 120_000 },
    async () => {
      // A page has room for some 400 values that are kept elsewhere.
      const values = Array.from({ length: 1600 }, (_, index) =>
        index % 4 === 0 ? `repeat(md5('${index}'), ${(3 * MEGABYTE) / 128})` : 'NULL',
      );
      await runSql(
        source,
        `CREATE TABLE heavy (${columns(1600, () => 'text')});
       INSERT INTO heavy (c1) SELECT 'before ' || i FROM generate_series(1, 100) i;
       INSERT INTO heavy SELECT ${values.join(', ')} FROM generate_series(1, 2);
       INSERT INTO heavy (c1) SELECT 'after ' || i FROM generate_series(1, 100) i`,
      );
      const lake = newLake();
      expect(await lake.peakOf('heavy')).toBeLessThan(500 + 300);
      const sql =
        'SELECT count(*)::int AS rows, min(md5(c400)) AS low, max(md5(c1596)) AS high, max(length(c0))::int AS length FROM heavy';
      expect(await lake.query(sql)).toEqual(await runSql(source, sql));
      expect(await lake.metadataBytes('heavy')).toBeLessThan(1600 * 500);
    },
  );
});
