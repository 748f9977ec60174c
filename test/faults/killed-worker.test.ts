import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { LakeSnapshot } from '../../src/archive/read-lake.ts';
import { permafrost } from '../e2e/command-line.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';

/**
 * F01: a worker that is killed at any point of writing a table, then started again, archives every table exactly once.
 * Otherwise a crash between two files of a commit would lose a night, or archive it twice.
 */
const preload = `--import=${join(import.meta.dirname, 'crash-at.ts')}`;
const night = '2026-03-01';
const rows = 20_000;

let folder: string;
let env: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-kill-'));
  const source = await createTestDatabase();
  await runSql(
    source,
    `CREATE TABLE first (id bigint PRIMARY KEY, note text);
     INSERT INTO first SELECT i, repeat(md5(i::text), 8) FROM generate_series(1, ${rows}) i;
     CREATE TABLE second (LIKE first);
     INSERT INTO second SELECT * FROM first;
     CREATE TABLE third (LIKE first);`,
  );
  env = {
    PERMAFROST_SOURCE: source,
    PERMAFROST_LAKE: join(folder, 'lake'),
    PERMAFROST_STATE_FOLDER: join(folder, 'state'),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: 'default',
  };
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const moments = [
  ['in the middle of an export', 'write /iceberg/second/data/'],
  ['before a data file gets its name', 'link /iceberg/second/data/.*\\.parquet$'],
  ['between the manifest and its list', 'link /iceberg/second/metadata/snap-'],
  ['between the manifest list and the metadata', 'link /iceberg/second/metadata/v1\\.metadata\\.json$'],
  ['between the metadata and the version hint', 'rename /iceberg/second/metadata/version-hint\\.text$'],
] as const;

describe('a worker killed', () => {
  test.for(moments)('%s: the night finishes, each table committed once (F01)', { timeout: 120_000 }, async ([, moment]) => {
    const archive = ['archive', '--tables', 'public.*', '--date', night];
    const killed = await permafrost(archive, { ...env, CRASH_AT: moment }, [preload]);
    expect(killed.signal, killed.stderr).toBe('SIGKILL');

    const again = await permafrost(archive, env);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain('attached to');

    for (const [table, expected] of [
      ['first', rows],
      ['second', rows],
      ['third', 0],
    ] as const) {
      expect(await historyOf(table)).toMatchObject([{ night, operation: 'append', rows: expected, metadataVersion: 1 }]);
      const counted = await permafrost(['query', '--json', `select count(*)::int as n from ${table}`], env);
      expect(JSON.parse(counted.stdout), counted.stderr).toEqual([{ n: expected }]);
      const hint = await readdir(join(folder, 'lake/iceberg', table, 'metadata'));
      expect(hint).toContain('version-hint.text');
    }
  });
});

async function historyOf(table: string): Promise<readonly LakeSnapshot[]> {
  const { stdout } = await permafrost(['history', table, '--json'], env);
  return JSON.parse(stdout) as readonly LakeSnapshot[];
}
