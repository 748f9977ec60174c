import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { overBudget, parseBudget } from '../../bench/budget.ts';
import type { Ratios } from '../../bench/figures.ts';
import { shapes } from '../../bench/shapes.ts';
import { projectFolder } from '../module-imports.ts';

const measured: Ratios = {
  secondsToWire: 2.504,
  cpuToWire: 8,
  peakMegabytes: 400,
  secondsToDuckdb: undefined,
  cpuToDuckdb: undefined,
  bytesToDuckdb: undefined,
};

describe('a budget', () => {
  test('names shape, figure and bound of what is over it, and nothing else', () => {
    const budget = parseBudget('{"lineitem": {"secondsToWire": 2.5, "cpuToWire": 8, "peakMegabytes": 500}}');
    expect(overBudget(budget, 'lineitem', measured)).toEqual([
      'lineitem: secondsToWire is 2.50, more than 2.5',
    ]);
  });

  test('holds nothing against a shape without bounds, nor against what was not measured', () => {
    const budget = parseBudget('{"wide": {"secondsToDuckdb": 1, "bytesToDuckdb": 1}}');
    expect(overBudget(budget, 'lineitem', measured)).toEqual([]);
    expect(overBudget(budget, 'wide', measured)).toEqual([]);
  });

  test.each([
    ['a figure that there is not', '{"lineitem": {"seconds": 2}}', 'seconds'],
    ['a bound that is no number', '{"lineitem": {"secondsToWire": "2"}}', 'expected number'],
    ['a bound that nothing can keep', '{"lineitem": {"secondsToWire": 0}}', 'Too small'],
    ['a text that is no JSON', '{', 'JSON'],
  ])('is refused for %s', (_, json, why) => {
    expect(() => parseBudget(json)).toThrow(why);
  });
});

test('budget.json can be read, and is of shapes that there are', () => {
  const budget = parseBudget(readFileSync(join(projectFolder, 'bench/budget.json'), 'utf8'));
  const names = shapes.map(({ name }) => name);
  expect(Object.keys(budget).filter((name) => !names.includes(name))).toEqual([]);
});
