import { beforeEach, describe, expect, test } from 'vitest';
import { loadLakeTable } from '../../src/archive/read-lake.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { PermafrostError } from '../../src/errors.ts';
import { idOnly, MemoryLake, withNote } from './memory-lake.ts';

let lake: MemoryLake;

beforeEach(() => {
  lake = new MemoryLake();
});

/** A catalog where something happens right before each of our commits. */
function racing(before: (attempt: number) => Promise<unknown>): Catalog & { attempts: number } {
  return {
    attempts: 0,
    listTables: () => lake.catalog.listTables(),
    loadTable: (name) => lake.catalog.loadTable(name),
    tableLocation: (name) => lake.catalog.tableLocation(name),
    async commit(name, requirements, updates) {
      this.attempts += 1;
      await before(this.attempts);
      return lake.catalog.commit(name, requirements, updates);
    },
  };
}

async function loadMetadata() {
  return (await loadLakeTable(lake.catalog, lake.table)).metadata;
}

async function listObjects(): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const { path } of lake.store.list('')) paths.push(path);
  return paths.toSorted();
}

describe('a night', () => {
  test('that is the first creates the table, with its mark in the snapshot', async () => {
    const { table, snapshot, alreadyCommitted } = await lake.commit('2026-11-20', { late: true });
    expect(alreadyCommitted).toBe(false);
    expect(table).toMatchObject({
      metadataVersion: 1,
      metadata: { 'current-schema-id': 0, schemas: [idOnly] },
    });
    expect(table.metadata['current-snapshot-id']).toBe(snapshot['snapshot-id']);
    expect(snapshot.summary).toMatchObject({
      operation: 'append',
      'permafrost.night': '2026-11-20',
      'permafrost.run-id': 'run-1',
      'permafrost.rows-hash': 'ab12',
      'permafrost.late': 'true',
      'total-records': '10',
    });
    expect(await lake.scan()).toEqual(['2026-11-20-run-1']);
  });

  test('is added to those before, and changes none of them', async () => {
    const first = await lake.commit('2026-11-20');
    const files = await listObjects();
    const before = await Promise.all(files.map((path) => lake.store.get(path)));
    const second = await lake.commit('2026-11-21', { rows: 5n });
    expect(await lake.scan()).toEqual(['2026-11-20-run-1', '2026-11-21-run-1']);
    expect(second.snapshot.summary).toMatchObject({ operation: 'append', 'total-records': '15' });
    expect(second.snapshot['parent-snapshot-id']).toBe(first.snapshot['snapshot-id']);
    const kept = files
      .map((path, index) => [path, before[index]] as const)
      .filter(([path]) => !path.endsWith('.text'));
    for (const [path, bytes] of kept) expect(await lake.store.get(path)).toEqual(bytes);
  });

  test('that was archived on its day is never replaced by the state of a later day', async () => {
    await lake.commit('2026-11-20');
    await expect(lake.commit('2026-11-20', { runId: 'run-2', late: true })).rejects.toMatchObject({
      code: 'night-taken',
    });
    expect(await lake.scan()).toEqual(['2026-11-20-run-1']);
  });

  test('that was recorded late can be recorded again', async () => {
    await lake.commit('2026-11-20', { late: true });
    await lake.commit('2026-11-20', { runId: 'run-2', late: true });
    expect(await lake.scan()).toEqual(['2026-11-20-run-2']);
  });

  test('that a newer run has archived is not replaced by what an older one read before', async () => {
    await lake.commit('2026-11-20', { runId: 'newer', exportedAt: '2026-11-20T02:00:00.000Z' });
    const older = lake.commit('2026-11-20', { runId: 'older', exportedAt: '2026-11-20T01:00:00.000Z' });
    await expect(older).rejects.toMatchObject({ code: 'night-taken' });
    expect(await lake.scan()).toEqual(['2026-11-20-newer']);
  });

  test('done again replaces its partition and doubles nothing; the earlier snapshot keeps its file', async () => {
    const first = await lake.commit('2026-11-20');
    await lake.commit('2026-11-21');
    const again = await lake.commit('2026-11-20', { runId: 'run-2', rows: 7n });
    expect(again.alreadyCommitted).toBe(false);
    expect(again.snapshot.summary).toMatchObject({
      operation: 'overwrite',
      'added-records': '7',
      'deleted-records': '10',
      'total-records': '17',
      'total-data-files': '2',
    });
    expect(await lake.scan()).toEqual(['2026-11-20-run-2', '2026-11-21-run-1']);
    expect(await lake.scan(first.snapshot['snapshot-id'])).toEqual(['2026-11-20-run-1']);
    const third = await lake.commit('2026-11-20', { runId: 'run-3' });
    expect(third.snapshot.summary).toMatchObject({ operation: 'overwrite', 'deleted-records': '7' });
    expect(await lake.scan()).toEqual(['2026-11-20-run-3', '2026-11-21-run-1']);
  });

  test('with a new column and new properties brings them in the same commit', async () => {
    await lake.commit('2026-11-20');
    const properties = { 'permafrost.source-schema': 'crm' };
    const { table, snapshot } = await lake.commit('2026-11-21', { schema: withNote, properties });
    expect(table.metadataVersion).toBe(2);
    expect(table.metadata).toMatchObject({ 'current-schema-id': 1, 'last-column-id': 3 });
    expect(table.metadata.schemas.map(({ fields }) => fields.length)).toEqual([2, 3]);
    expect(snapshot['schema-id']).toBe(1);
    expect(table.metadata.properties).toMatchObject({
      'permafrost.source-schema': 'crm',
      'permafrost.source-table': 'orders',
    });
  });
});

describe('a lost race', () => {
  test('is tried again on top of the winner: both nights are there', async () => {
    await lake.commit('2026-11-20');
    const catalog = racing(async (attempt) => attempt === 1 && lake.commit('2026-11-19', { runId: 'other' }));
    const { table, alreadyCommitted } = await lake.commit('2026-11-21', {}, catalog);
    expect(catalog.attempts).toBe(2);
    expect(alreadyCommitted).toBe(false);
    expect(table.metadataVersion).toBe(3);
    expect(await lake.scan()).toEqual(['2026-11-19-other', '2026-11-20-run-1', '2026-11-21-run-1']);
  });

  test('against the same night of another run replaces it: the rows are there once', async () => {
    await lake.commit('2026-11-20');
    const catalog = racing(async (attempt) => attempt === 1 && lake.commit('2026-11-21', { runId: 'other' }));
    const { snapshot } = await lake.commit('2026-11-21', {}, catalog);
    expect(snapshot.summary).toMatchObject({ operation: 'overwrite', 'total-records': '20' });
    expect(await lake.scan()).toEqual(['2026-11-20-run-1', '2026-11-21-run-1']);
  });

  test('against an earlier attempt of our own is no loss: its commit is found and nothing is changed', async () => {
    await lake.commit('2026-11-20');
    const catalog = racing(
      async (attempt) => attempt === 1 && lake.commit('2026-11-21', { file: 'earlier-try' }),
    );
    const { table, snapshot, alreadyCommitted } = await lake.commit('2026-11-21', {}, catalog);
    expect(alreadyCommitted).toBe(true);
    expect(catalog.attempts).toBe(1);
    expect(table.metadataVersion).toBe(2);
    expect(table.metadata['current-snapshot-id']).toBe(snapshot['snapshot-id']);
    expect(await lake.scan()).toEqual(['2026-11-20-run-1', 'earlier-try']);
  });

  test.each([
    ['schema', { schema: withNote }],
    ['properties', { properties: { 'permafrost.columns': '[]' } }],
  ])(
    'against a change of %s is given up, since the file was written for what was there',
    async (_, changes) => {
      await lake.commit('2026-11-20');
      const catalog = racing(
        async (attempt) => attempt === 1 && lake.commit('2026-11-19', { ...changes, runId: 'x' }),
      );
      await expect(lake.commit('2026-11-21', {}, catalog)).rejects.toMatchObject({ code: 'commit-conflict' });
      expect(catalog.attempts).toBe(1);
      expect(await lake.scan()).toEqual(['2026-11-19-x', '2026-11-20-run-1']);
    },
  );

  test('for the table itself is given up: its field ids are the winner’s', async () => {
    const catalog = racing(async (attempt) => attempt === 1 && lake.commit('2026-11-19', { runId: 'other' }));
    await expect(lake.commit('2026-11-20', {}, catalog)).rejects.toMatchObject({ code: 'commit-conflict' });
    expect(await lake.scan()).toEqual(['2026-11-19-other']);
  });

  test('again and again ends as a conflict, and what others committed stands', async () => {
    await lake.commit('2026-11-20');
    const catalog = racing((attempt) => lake.commit(`2026-10-0${attempt}`, { runId: 'other' }));
    await expect(lake.commit('2026-11-21', {}, catalog)).rejects.toMatchObject({ code: 'commit-conflict' });
    expect(catalog.attempts).toBe(5);
    expect(await lake.scan()).toHaveLength(6);
  });
});

test('a commit whose answer is lost is neither repeated nor undone here', async () => {
  await lake.commit('2026-11-20');
  const catalog: Catalog = {
    ...racing(async () => undefined),
    async commit(name, requirements, updates) {
      await lake.catalog.commit(name, requirements, updates);
      throw new PermafrostError('commit-state-unknown', 'no answer');
    },
  };
  const before = await listObjects();
  await expect(lake.commit('2026-11-21', {}, catalog)).rejects.toMatchObject({
    code: 'commit-state-unknown',
  });
  expect(await lake.scan()).toEqual(['2026-11-20-run-1', '2026-11-21-run-1']);
  expect(await listObjects()).toEqual(expect.arrayContaining([...before]));
});

test('whatever fails before the commit leaves the table as it was', async () => {
  await lake.commit('2026-11-20');
  const before = await loadMetadata();
  const failing = {
    ...lake.store,
    putIfAbsent: () => Promise.reject(new PermafrostError('lake-unwritable', 'full')),
  };
  const { store } = lake;
  Object.assign(lake, {
    store: { ...failing, rootUri: store.rootUri, get: (path: string) => store.get(path) },
  });
  await expect(lake.commit('2026-11-21')).rejects.toMatchObject({ code: 'lake-unwritable' });
  expect(await loadMetadata()).toEqual(before);
});
