import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseBindings } from '../../src/archive/column-binding.ts';
import type { ArchivedTable, NightResult } from '../../src/archive/night.ts';
import { planQuery } from '../../src/archive/plan-query.ts';
import { runNight } from '../../src/archive/run-night.ts';
import { loadSourceSet } from '../../src/archive/source-set.ts';
import type { LoadedTable } from '../../src/catalog/catalog.ts';
import { systemClock } from '../../src/clock.ts';
import { composeArchiver, openLake } from '../../src/composition.ts';
import { readConfig } from '../../src/config.ts';
import { changeNavigator } from '../../src/demo/navigator-changes.ts';
import { seedNavigator } from '../../src/demo/navigator-seed.ts';
import { queryLake } from '../../src/query/duckdb-query.ts';
import { createTestDatabase } from '../postgres/test-server.ts';
import { type Content, hashedColumns, hashInPostgres } from './content-hash.ts';
import { type LakeReader, type ReadRequest, startLakeReader } from './lake-reader.ts';
import { findPython } from './python-environment.ts';

/**
 * Two nights of all 26 tables, read by engines that share no code with us. Expected is what Postgres itself says under
 * the very snapshot that the night was read under, while the database went on changing.
 */
const nights = ['2026-02-27', '2026-02-28'] as const;
const readers = ['pyiceberg', 'duckdb'] as const;
const tables = (await loadSourceSet('navigator')).tables.map((table) => table.name);
const python = await findPython();

type Frozen = { readonly result: NightResult; readonly contents: ReadonlyMap<string, Content> };

let folder: string;
let reader: LakeReader;
const frozen: Frozen[] = [];
const loaded = new Map<string, LoadedTable>();

describe.skipIf(python === undefined)('two nights of the navigator set', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'permafrost-interop-'));
    const url = await createTestDatabase();
    await seedNavigator(url);
    // The database changes while the first night is running; the second night finds it changed.
    frozen.push(await freeze(url, nights[0], () => changeNavigator(url, nights[1])));
    frozen.push(await freeze(url, nights[1], () => Promise.resolve()));
    reader = startLakeReader(python as string);
  }, 240_000);

  afterAll(async () => {
    reader?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('archive every table', () => {
    for (const { result } of frozen) {
      expect(result.tables.filter((table) => table.kind === 'failed')).toEqual([]);
      expect(result.tables).toHaveLength(26);
    }
  });

  test.for(tables)('%s is read back as it was, per dt and by time travel', { timeout: 120_000 }, async (name) => {
    const [first, second] = [contentOf(0, name), contentOf(1, name)];
    for (const engine of readers) {
      const read = (options: object) => reader.read({ reader: engine, ...request(name), ...options });
      expect(await read({ where: dtIs(nights[0]), prune: true }), engine).toMatchObject(first);
      expect(await read({ where: dtIs(nights[1]), prune: true }), engine).toMatchObject(second);
      expect(await read({ snapshot: archived(0, name).snapshotId }), engine).toMatchObject(first);
      expect(await read({ snapshot: archived(1, name).snapshotId }), engine).toMatchObject(add(first, second));
      expect(await read({}), engine).toMatchObject(add(first, second));
    }
  });

  test('a dt prunes to the one file of its night', async () => {
    const answer = await reader.read({ reader: 'pyiceberg', ...request('persons'), where: dtIs(nights[1]), prune: true });
    expect(answer.files).toBe(1);
    const none = await reader.read({ reader: 'pyiceberg', ...request('persons'), where: dtIs('2020-01-01'), prune: true });
    expect(none).toMatchObject({ rows: 0, files: 0 });
  });

  test.for(tables)('a bounded column of %s gives the same rows with and without pruning', { timeout: 120_000 }, async (name) => {
    for (const condition of await boundedConditions(name)) {
      for (const engine of readers) {
        const read = (prune: boolean) => reader.read({ reader: engine, ...request(name), where: condition, prune });
        const [pruned, all] = [await read(true), await read(false)];
        expect({ rows: pruned.rows, hash: pruned.hash }, `${engine} ${JSON.stringify(condition)}`).toEqual({
          rows: all.rows,
          hash: all.hash,
        });
      }
    }
  });
});

async function freeze(url: string, night: string, meanwhile: () => Promise<void>): Promise<Frozen> {
  const config = readConfig(
    { lake: join(folder, 'lake'), set: 'navigator' },
    { PERMAFROST_SOURCE: url, PERMAFROST_STATE_FOLDER: join(folder, 'state') },
  );
  const archiver = composeArchiver(config);
  const witness = new pg.Client({ connectionString: url, options: '-c timezone=UTC -c datestyle=ISO -c row_security=off' });
  await witness.connect();
  try {
    const changing: Promise<void>[] = [];
    const result = await runNight(
      { set: 'navigator', tables: [], night },
      {
        archiver: {
          ...archiver,
          openSnapshot: async (signal) => {
            const held = await archiver.openSnapshot(signal);
            await witness.query(
              `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '${held.info.snapshotId}'`,
            );
            changing.push(meanwhile());
            return held;
          },
        },
        clock: systemClock,
        runId: `run-${night}`,
        concurrency: 2,
        signal: new AbortController().signal,
        watch: { planned: () => undefined, progressed: () => undefined, finished: () => undefined },
      },
    );
    await Promise.all(changing);
    return { result, contents: await witnessContents(witness, config.lake) };
  } finally {
    await witness.end();
    await archiver.close();
  }
}

async function witnessContents(
  witness: pg.Client,
  lake: Parameters<typeof openLake>[0],
): Promise<ReadonlyMap<string, Content>> {
  const contents = new Map<string, Content>();
  for (const name of tables) {
    const table = await openLake(lake).catalog.loadTable(name);
    if (table === undefined) continue;
    loaded.set(name, table);
    contents.set(name, await hashInPostgres(witness, { schema: 'public', name }, columnsOf(table)));
  }
  return contents;
}

function columnsOf({ metadata }: LoadedTable) {
  const schema = metadata.schemas.find((candidate) => candidate['schema-id'] === metadata['current-schema-id']);
  return hashedColumns(schema as NonNullable<typeof schema>, parseBindings(metadata.properties['permafrost.columns'] ?? ''));
}

function request(name: string) {
  const table = loaded.get(name) as LoadedTable;
  return {
    table: table.metadata.location.replace('file://', ''),
    columns: columnsOf(table).map((column) => column.lakeName),
  };
}

const duckdbTypes: Readonly<Record<string, string>> = {
  int: 'INTEGER',
  long: 'BIGINT',
  date: 'DATE',
  string: 'VARCHAR',
  timestamptz: 'TIMESTAMPTZ',
};

/** For one column of each kind: a value from the middle of the data, asked for with each comparison. */
async function boundedConditions(name: string): Promise<readonly NonNullable<ReadRequest['where']>[]> {
  const { catalog, store } = openLake({ kind: 'folder', folder: join(folder, 'lake') });
  const { metadata } = loaded.get(name) as LoadedTable;
  const schema = metadata.schemas.find((candidate) => candidate['schema-id'] === metadata['current-schema-id']);
  const off = new Set(Object.keys(metadata.properties).filter((key) => key.startsWith('write.metadata.metrics.column.')));
  const chosen = new Map<string, string>();
  for (const field of schema?.fields.slice(1) ?? []) {
    const type = typeof field.type === 'string' ? duckdbTypes[field.type] : undefined;
    if (type === undefined || chosen.has(type) || off.has(`write.metadata.metrics.column.${field.name}`)) continue;
    chosen.set(type, field.name);
  }
  const columns = [...chosen];
  const texts = columns.map(
    ([type, column]) =>
      `(SELECT CASE WHEN '${type}' = 'TIMESTAMPTZ' THEN strftime(v::TIMESTAMPTZ, '%Y-%m-%dT%H:%M:%S.%f+00:00') ELSE v END
          FROM (SELECT quantile_disc("${column}", 0.4)::VARCHAR AS v FROM "${name}" WHERE "${column}" IS NOT NULL))`,
  );
  const answer = await queryLake(`SELECT ${texts.join(', ')}`, await planQuery(catalog, store, undefined));
  return columns.flatMap(([type, column], index) => {
    const value = answer.rows[0]?.[index];
    if (typeof value !== 'string') return [];
    const literal = type === 'INTEGER' || type === 'BIGINT' ? Number(value) : value;
    return (['=', '>=', '<'] as const).map((op) => ({ column, op, type, value: literal }));
  });
}

function dtIs(night: string) {
  return { column: 'dt', op: '=', type: 'DATE', value: night } as const;
}

function contentOf(index: number, name: string): Content {
  return (frozen[index] as Frozen).contents.get(name) as Content;
}

function archived(index: number, name: string): ArchivedTable {
  return (frozen[index] as Frozen).result.tables.find((table) => table.name === name) as ArchivedTable;
}

/** Hashes are sums over rows, so that those of two nights add up. */
function add(a: Content, b: Content): Content {
  const sum = (left: string, right: string) => (BigInt(left) + BigInt(right)).toString();
  return { rows: a.rows + b.rows, hash: [sum(a.hash[0], b.hash[0]), sum(a.hash[1], b.hash[1])] };
}
