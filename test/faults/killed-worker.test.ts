import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { planQuery } from '../../src/archive/plan-query.ts';
import { describeHistory, loadLakeTable } from '../../src/archive/read-lake.ts';
import { openLake } from '../../src/composition.ts';
import { queryLake } from '../../src/query/duckdb-query.ts';
import { type CommandResult, permafrost } from '../e2e/command-line.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';

/**
 * F01: a worker that is killed at any point of writing a table, then started again, archives every table exactly once.
 * Otherwise a crash between two files of a commit would lose a night, or archive it twice.
 */
const moments = [
  ['in the middle of an export', 'write /iceberg/second/data/', '2026-03-01'],
  ['before a data file gets its name', 'link /iceberg/second/data/.*\\.parquet$', '2026-03-02'],
  ['between the manifest and its list', 'link /iceberg/second/metadata/snap-', '2026-03-03'],
  [
    'between the manifest list and the metadata',
    'link /iceberg/second/metadata/v1\\.metadata\\.json$',
    '2026-03-04',
  ],
  [
    'between the metadata and the version hint',
    'rename /iceberg/second/metadata/version-hint\\.text$',
    '2026-03-05',
  ],
] as const;

const preload = `--import=${join(import.meta.dirname, 'crash-at.ts')}`;
const rows = 20_000;
const tables = [
  ['first', rows],
  ['second', rows],
  ['third', 0],
] as const;

type Killed = {
  readonly archive: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly lakeFolder: string;
  readonly result: CommandResult;
};

let folder: string;
const killed = new Map<string, Killed>();

// All are killed before the first is started again: Temporal takes each worker for dead only after the heartbeat timeout,
// and so waits for all of them at once.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-kill-'));
  for (const [, moment, night] of moments) killed.set(moment, await killAt(moment, night));
}, 240_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test.for(moments)(
  'a worker killed %s: the night finishes, each table committed once (F01)',
  { timeout: 120_000 },
  async ([, moment, night]) => {
    const { archive, env, lakeFolder, result } = killed.get(moment) as Killed;
    expect(result.signal, result.stderr).toBe('SIGKILL');

    const again = await permafrost(archive, env);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain('attached to');

    const { catalog, store } = openLake({ kind: 'folder', folder: lakeFolder });
    for (const [table, expected] of tables) {
      expect(describeHistory(await loadLakeTable(catalog, table))).toMatchObject([
        { night, operation: 'append', rows: expected, metadataVersion: 1 },
      ]);
      const files = await readdir(join(lakeFolder, 'iceberg', table, 'metadata'));
      expect(files).toContain('version-hint.text');
    }
    const counts = tables.map(([table]) => `(select count(*)::int from ${table})`);
    const answer = await queryLake(`select ${counts.join(', ')}`, await planQuery(catalog, store, undefined));
    expect(answer.rows).toEqual([tables.map(([, expected]) => expected)]);
  },
);

/** A night of a database of its own, whose worker dies at the moment. */
async function killAt(moment: string, night: string): Promise<Killed> {
  const source = await createTestDatabase();
  await runSql(
    source,
    `CREATE TABLE first (id bigint PRIMARY KEY, note text);
     INSERT INTO first SELECT i, repeat(md5(i::text), 8) FROM generate_series(1, ${rows}) i;
     CREATE TABLE second (LIKE first);
     INSERT INTO second SELECT * FROM first;
     CREATE TABLE third (LIKE first);`,
  );
  const lakeFolder = join(folder, night, 'lake');
  const env = {
    PERMAFROST_SOURCE: source,
    PERMAFROST_LAKE: lakeFolder,
    PERMAFROST_STATE_FOLDER: join(folder, night, 'state'),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: 'default',
  };
  const archive = ['archive', '--tables', 'public.*', '--date', night];
  const result = await permafrost(archive, { ...env, CRASH_AT: moment }, [preload]);
  return { archive, env, lakeFolder, result };
}
