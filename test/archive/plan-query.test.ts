import { describe, expect, test } from 'vitest';
import { planQuery } from '../../src/archive/plan-query.ts';
import { idOnly, MemoryLake, withNote } from './memory-lake.ts';

async function plan(lake: MemoryLake, asOf?: string) {
  const [table] = await planQuery(lake.catalog, lake.store, asOf);
  if (table === undefined) throw new Error('nothing is planned');
  const files = table.files.map((path) => path.replace(/^.*\/(.*)\.parquet$/, '$1'));
  return { ...table, files: files.toSorted() };
}

async function threeNights(): Promise<MemoryLake> {
  const lake = new MemoryLake();
  await lake.commit('2026-11-18');
  await lake.commit('2026-11-20', { schema: withNote });
  await lake.commit('2026-11-18', { runId: 'again' });
  return lake;
}

describe('a query', () => {
  test('of all nights reads what is live now, under the newest schema', async () => {
    const lake = await threeNights();
    expect(await plan(lake)).toMatchObject({
      name: 'orders',
      files: ['2026-11-18-again', '2026-11-20-run-1'],
      fields: withNote.fields,
      night: undefined,
    });
  });

  test.each([
    ['2026-11-20', '2026-11-20', '2026-11-20-run-1'],
    ['2026-12-31', '2026-11-20', '2026-11-20-run-1'],
    ['2026-11-19', '2026-11-18', '2026-11-18-again'],
    ['2026-11-18', '2026-11-18', '2026-11-18-again'],
  ])('as of %s is answered by the night %s, as it was last recorded', async (asOf, night, file) => {
    const planned = await plan(await threeNights(), asOf);
    expect(planned.night).toBe(night);
    expect(planned.files).toContain(file);
  });

  test('as of a night reads under the schema of its snapshot, not of a later one', async () => {
    const lake = new MemoryLake();
    await lake.commit('2026-11-18');
    await lake.commit('2026-11-20', { schema: withNote });
    expect((await plan(lake, '2026-11-19')).fields).toEqual(idOnly.fields);
    expect((await plan(lake, '2026-11-20')).fields).toEqual(withNote.fields);
  });

  test('before the first night, and of an empty lake, says so', async () => {
    const lake = await threeNights();
    await expect(plan(lake, '2026-11-17')).rejects.toMatchObject({
      code: 'lake-not-found',
      message: 'the lake has no night on or before 2026-11-17',
    });
    await expect(plan(new MemoryLake())).rejects.toMatchObject({ message: 'the lake has no tables' });
  });
});
