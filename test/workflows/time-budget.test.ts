import { expect, test } from 'vitest';
import type { NightPlan, PlannedTable } from '../../src/archive/night.ts';
import { budgetTime } from '../../workflows/time-budget.ts';
import { plannedTable } from './fake-archiver.ts';

const hour = 3_600_000;

function tableOf(gigabytes: number): PlannedTable {
  return plannedTable('t', gigabytes * 1_000_000_000);
}

function planOf(tables: readonly PlannedTable[]): NightPlan {
  return { night: '2026-11-20', set: 's', source: '', lake: '', tables, excluded: [], missing: [] };
}

test('a large table gets the time that its size needs', () => {
  const large = tableOf(1_000);
  const limit = budgetTime(planOf([large]), 0);
  expect(limit(large, 0)).toBeGreaterThan(250 * hour);
  expect(limit(tableOf(0), 0)).toBe(12 * hour);
});

test('tables that fail for ever cannot hold the night for ever', () => {
  const tables = Array.from({ length: 500 }, () => tableOf(0));
  const limit = budgetTime(planOf(tables), 0);
  const end = tables.reduce((now, table) => now + limit(table, now), 0);
  expect(end).toBeLessThan(60 * hour);
});

test('when the night is late, a table still gets its transfer and some minutes', () => {
  const table = tableOf(3.6);
  expect(budgetTime(planOf([table]), 0)(table, 100 * hour)).toBe(hour + 120_000);
});

test('a table without an estimate gets the same as a small one', () => {
  const limit = budgetTime(planOf([]), 0);
  expect(limit(tableOf(-1), 0)).toBe(limit(tableOf(0), 0));
});
