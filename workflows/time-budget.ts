import type { NightPlan, PlannedTable } from '../src/archive/night.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Slowest transfer that still counts as working. */
const bytesPerSecond = 1_000_000;

/** What one table may spend on outages and on waiting for a free worker, beyond its transfer. */
const tableSlack = 12 * hour;

/** The same for the night: without it, every table of a source that is gone would use up its own slack. */
const nightSlack = 24 * hour;

/** When the night is late, each table that is left still gets this much. */
const leastSlack = 2 * minute;

/** Milliseconds that a table may take with all its retries, when it is scheduled at `now`. */
export type TimeBudget = (table: PlannedTable, now: number) => number;

/** Bounds the night: a table that fails for ever ends, and the tables after it still get their turn. */
export function budgetTime(plan: NightPlan, startedAt: number): TimeBudget {
  const total = plan.tables.reduce((sum, table) => sum + transferTime(table), 0);
  const deadline = startedAt + nightSlack + total;
  return (table, now) => {
    const left = deadline - now - transferTime(table);
    return transferTime(table) + Math.min(tableSlack, Math.max(leastSlack, left));
  };
}

function transferTime(table: PlannedTable): number {
  return Math.ceil((Math.max(0, table.estimatedBytes) / bytesPerSecond) * second);
}
