import { z } from 'zod';
import type { Ratios } from './figures.ts';

/** The most that each figure of a shape may be; a figure without a bound may be anything. */
export type Budget = Readonly<Record<string, Partial<Ratios>>>;

const bound = z.number().positive().optional();
const budget: z.ZodType<Budget> = z.record(
  z.string(),
  z.strictObject({
    secondsToWire: bound,
    cpuToWire: bound,
    peakMegabytes: bound,
    secondsToDuckdb: bound,
    cpuToDuckdb: bound,
    bytesToDuckdb: bound,
  }),
);

/** Reads budget.json. Error: for anything but positive bounds of figures that there are. */
export function parseBudget(json: string): Budget {
  return budget.parse(JSON.parse(json));
}

/** What is over the budget, a line each; nothing for a shape that has none. What was not measured is not held against it. */
export function overBudget(bounds: Budget, shape: string, ratios: Ratios): readonly string[] {
  return Object.entries(bounds[shape] ?? {}).flatMap(([name, most]) => {
    const found = ratios[name as keyof Ratios];
    if (found === undefined || found <= most) return [];
    return [`${shape}: ${name} is ${found.toFixed(2)}, more than ${most}`];
  });
}
