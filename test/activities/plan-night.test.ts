import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { createPlanNight } from '../../activities/plan-night.ts';
import type { ExcludedTable, NightPlan } from '../../src/archive/night.ts';
import { FakeArchiver, plannedTable } from '../workflows/fake-archiver.ts';

const request = { night: '2026-03-27', set: 'shop', tables: [] };
const snapshot = {
  snapshotId: '1-1',
  fingerprint: 'f',
  lsn: '0/1',
  exportedAt: '2026-03-27T01:00:00.000Z',
  database: 'shop',
};

function planned(changes: Partial<NightPlan>): Promise<NightPlan> {
  const archiver = new FakeArchiver();
  const planNight = archiver.planNight.bind(archiver);
  archiver.planNight = async (...asked) => ({ ...(await planNight(...asked)), ...changes });
  const plan = createPlanNight(archiver);
  return new MockActivityEnvironment().run(() => plan(request, snapshot));
}

function excludedBy(rule: string, count: number): readonly ExcludedTable[] {
  return Array.from({ length: count }, (_, index) => ({ schema: 'public', name: `t_${index}`, rule }));
}

test('B68: a hundred thousand excluded tables leave room for the night, and none goes uncounted', async () => {
  const excluded = [...excludedBy('no rule covers it', 70_000), ...excludedBy('kept elsewhere', 30_000)];
  const plan = await planned({ excluded });
  expect(Buffer.byteLength(JSON.stringify(plan))).toBeLessThan(200_000);
  expect(plan.excluded.slice(0, 3)).toEqual([
    { schema: '*', name: '*', rule: '69000 more, too many to name here: no rule covers it' },
    { schema: '*', name: '*', rule: '30000 more, too many to name here: kept elsewhere' },
    excluded[0],
  ]);
  expect(plan.excluded).toHaveLength(1_002);
});

test('exclusions that fit are left as they are', async () => {
  const excluded = excludedBy('kept elsewhere', 1_000);
  expect((await planned({ excluded })).excluded).toEqual(excluded);
});

test('B68: more tables than a history has room for are refused before the first is read', async () => {
  const tables = Array.from({ length: 3_000 }, (_, index) => plannedTable(`t_${index}`, 1));
  await expect(planned({ tables })).rejects.toMatchObject({
    type: 'configuration',
    message: '3000 tables are too many for the history of one night',
  });
});
