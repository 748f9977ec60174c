import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { ArchivedTable, NightResult } from '../../src/archive/night.ts';
import { STAGES } from '../../src/archive/stage-seconds.ts';
import { loadLakeTable } from '../../src/archive/read-lake.ts';
import { findFrozenNight } from '../../src/restore/frozen-table.ts';
import { readProvenRows } from '../../src/restore/read-frozen-rows.ts';
import { listDataFiles } from './property/lake-rows.ts';
import { runSql } from '../postgres/test-server.ts';
import { createDatabase, expectWhole, openTestLake, type TestLake } from '../restore/restored-lake.ts';

const ROWS = 70_000;
const NIGHT = '2026-11-20';
/** Four rows to a block and some 140 MB in all: two chunks for two streams. */
const BIG = `
  CREATE UNLOGGED TABLE big (id int, at timestamptz, pad text);
  ALTER TABLE big ALTER pad SET STORAGE PLAIN;
  INSERT INTO big
  SELECT i, timestamptz '2026-01-01 00:00:00+00' + i * interval '1 s', repeat(chr(97 + i % 26), 1900)
  FROM generate_series(1, ${ROWS}) i;
  DELETE FROM big WHERE id % 1000 = 0`;
const LIVE_ROWS = ROWS - ROWS / 1000;
const CONTENT = 'SELECT count(*)::int AS n, sum(hashtextextended(t::text, 0))::text AS hash FROM big t';

const server = inject('postgresUrl');
let lake: TestLake;

beforeEach(async () => {
  lake = await openTestLake();
});
afterEach(() => lake.remove());

function onlyTable({ tables }: NightResult): ArchivedTable {
  const [table] = tables;
  if (table?.kind !== 'archived') throw new Error(`not archived: ${JSON.stringify(table)}`);
  return table;
}

async function filesOf(night: string): Promise<readonly { readonly rows: number }[]> {
  const { tables } = await findFrozenNight(lake, { night, tables: [] });
  return (tables[0]?.files ?? []).map(({ recordCount }) => ({ rows: Number(recordCount) }));
}

describe('a table that is read in two chunks', { timeout: 120_000 }, () => {
  test('is one snapshot of two data files, says where its time went, and comes back as it was', async () => {
    const source = await createDatabase(server, BIG);
    const result = await lake.archive(source, NIGHT);
    expectWhole(result);
    const table = onlyTable(result);
    expect(table).toMatchObject({ rows: LIVE_ROWS, operation: 'append' });
    const { stages } = table;
    expect(Object.keys(stages ?? {})).toEqual([...STAGES]);
    for (const stage of STAGES) expect(stages?.[stage]).toBeGreaterThan(0);
    const total = STAGES.reduce((sum, stage) => sum + (stages?.[stage] ?? 0), 0);
    expect(total).toBeLessThan(2 * table.seconds + 1);

    const files = await filesOf(NIGHT);
    expect(files).toHaveLength(2);
    expect(files.map(({ rows }) => rows).reduce((sum, rows) => sum + rows)).toBe(LIVE_ROWS);
    for (const { rows } of files) expect(rows).toBeGreaterThan(LIVE_ROWS / 3);

    const target = await createDatabase(server);
    await lake.restore(target);
    expect(await runSql(target, CONTENT)).toEqual(await runSql(source, CONTENT));
  });

  test('is replaced as a whole when the night is archived again', async () => {
    const source = await createDatabase(server, BIG);
    expectWhole(await lake.archive(source, NIGHT));
    await runSql(source, 'DELETE FROM big WHERE id > 100; INSERT INTO big SELECT -1, NULL, NULL');
    expect(onlyTable(await lake.archive(source, NIGHT))).toMatchObject({ rows: 101, operation: 'overwrite' });
    const table = await loadLakeTable(lake.catalog, 'big');
    const live = await listDataFiles(lake, table);
    expect(live.map(({ recordCount }) => recordCount).reduce((sum, rows) => sum + rows)).toBe(101n);
  });

  test('gets a companion for a value that only one of them holds, which all data files have then', async () => {
    const source = await createDatabase(
      server,
      `${BIG}; UPDATE big SET at = 'infinity' WHERE id = ${ROWS - 1}`,
    );
    const result = await lake.archive(source, NIGHT);
    expectWhole(result);
    expect(onlyTable(result).specialValues).toEqual([{ column: 'at', cells: 1, companion: 'at__raw' }]);
    const target = await createDatabase(server);
    await lake.restore(target);
    expect(await runSql(target, CONTENT)).toEqual(await runSql(source, CONTENT));
  });

  test('fails as a whole when a row of one of them cannot be read, which is named by its place', async () => {
    const source = await createDatabase(
      server,
      `CREATE TYPE mood AS ENUM ('fine', 'lost'); ${BIG}; ALTER TABLE big ADD mood mood DEFAULT 'fine';
       UPDATE big SET mood = 'lost' WHERE id = ${ROWS - 1}; DELETE FROM pg_enum WHERE enumlabel = 'lost'`,
    );
    const [place] = await runSql(source, `SELECT ctid::text AS ctid FROM big WHERE id = ${ROWS - 1}`);
    const [failed] = (await lake.archive(source, NIGHT)).tables;
    expect(failed).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/^reading public\.big from block \d+ on: /),
    });
    expect(failed).toMatchObject({ message: expect.stringContaining(`, ctid ${String(place?.['ctid'])}`) });
    expect(await lake.catalog.listTables()).toEqual([]);
  });

  test('proves its rows by the hashes of its files, in their order', async () => {
    const source = await createDatabase(server, BIG);
    expectWhole(await lake.archive(source, NIGHT));
    const { tables } = await findFrozenNight(lake, { night: NIGHT, tables: [] });
    const [frozen] = tables;
    if (frozen === undefined) throw new Error('the table is not there');
    const drain = async (files: typeof frozen.files) => {
      let rows = 0;
      for await (const batch of readProvenRows(lake.store, { ...frozen, files }, { doing: 'reading' }))
        rows += batch.rows;
      return rows;
    };
    expect(await drain(frozen.files)).toBe(LIVE_ROWS);
    await expect(drain(frozen.files.toReversed())).rejects.toMatchObject({ code: 'integrity' });
  });
});
