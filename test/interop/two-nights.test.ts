import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSourceSet } from '../../src/archive/source-set.ts';
import { changeNavigator } from '../../src/demo/navigator-changes.ts';
import { seedNavigator } from '../../src/demo/navigator-seed.ts';
import { createTestDatabase } from '../postgres/test-server.ts';
import { addContents, freezeNight, type FrozenTable } from './frozen-night.ts';
import { type LakeReader, readers, startLakeReader } from './lake-reader.ts';
import { findPython } from './python-environment.ts';

/**
 * Two nights of all 26 tables, read by engines that share no code with us. Expected is what Postgres itself says under
 * the very snapshot that the night was read under, while the database went on changing.
 */
const nights = ['2026-02-27', '2026-02-28'] as const;
const names = (await loadSourceSet('navigator')).tables.map((table) => table.name);
const python = await findPython();

let folder: string;
let reader: LakeReader;
let first: ReadonlyMap<string, FrozenTable>;
let second: ReadonlyMap<string, FrozenTable>;

describe.skipIf(python === undefined)('two nights of the navigator set', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'permafrost-interop-'));
    const source = await createTestDatabase();
    await seedNavigator(source);
    const [one, two] = nights.map((night) => ({ set: 'navigator', tables: [], night }));
    if (one === undefined || two === undefined) throw new Error('two nights are needed');
    // The database changes while the first night is running; the second night finds it changed.
    first = await freezeNight(source, folder, one, () => changeNavigator(source, two.night));
    second = await freezeNight(source, folder, two);
    reader = startLakeReader(python as string);
  }, 300_000);

  afterAll(async () => {
    reader?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('archive every table, and the nights differ', () => {
    expect([...first.keys()].toSorted()).toEqual(names.toSorted());
    expect([...second.keys()].toSorted()).toEqual(names.toSorted());
    const changed = names.filter(
      (name) => frozen(0, name).content.hash[0] !== frozen(1, name).content.hash[0],
    );
    expect(changed.length).toBeGreaterThan(10);
  });

  test.for(names)('%s is read back as it was, per dt and by time travel', async (name) => {
    const [before, after] = [frozen(0, name), frozen(1, name)];
    const both = addContents(before.content, after.content);
    for (const engine of readers) {
      const table = { reader: engine, table: after.folder, columns: after.columns };
      expect(await reader.readContent(table, { night: nights[0] }), engine).toMatchObject(before.content);
      expect(await reader.readContent(table, { night: nights[1] }), engine).toMatchObject(after.content);
      expect(await reader.readContent(table, { snapshot: before.snapshotId }), engine).toMatchObject(
        before.content,
      );
      expect(await reader.readContent(table, { snapshot: after.snapshotId }), engine).toMatchObject(both);
    }
  });

  test('a dt prunes to the one file of its night', async () => {
    const { folder: table, columns } = frozen(1, 'persons');
    const read = (night: string) => reader.readContent({ reader: 'pyiceberg', table, columns }, { night });
    expect((await read(nights[1])).files).toBe(1);
    expect(await read('2020-01-01')).toMatchObject({ rows: 0, files: 0 });
  });

  test.for(names)('bounds of %s hide no row from a condition', async (name) => {
    const { folder: table, boundedColumns: columns, content } = frozen(1, name);
    const rows = frozen(0, name).content.rows + content.rows;
    for (const engine of readers) {
      const check = await reader.checkPruning({ reader: engine, table, columns });
      expect(check, engine).toMatchObject({ rows, wrong: [] });
      expect(check.conditions).toBeGreaterThan(2);
    }
  });
});

function frozen(index: 0 | 1, name: string): FrozenTable {
  const table = (index === 0 ? first : second).get(name);
  if (table === undefined) throw new Error(`${name} was not archived`);
  return table;
}
