import { expect, test } from 'vitest';
import { DUCKDB, PERMAFROST, WIRE } from '../../bench/contenders.ts';
import { ratiosOf, type Run, summarise } from '../../bench/figures.ts';

function run(seconds: number, changes: Partial<Run> = {}): Run {
  return { seconds, cpuSeconds: 2, peakBytes: 2 ** 20, parquetBytes: 100, stages: undefined, ...changes };
}

test('a disturbed run does not count where there is an undisturbed one', () => {
  const runs = [run(9, { otherCores: 0.3 }), run(3, { otherCores: 0.1 }), run(4, { otherCores: 0.2 })];
  expect(summarise(WIRE, 10, runs)).toMatchObject({
    runs: 3,
    counted: 2,
    disturbed: false,
    seconds: 3,
    bestSeconds: 3,
    rowsPerCpuSecond: 5,
  });
});

test('where all runs are disturbed all count, and it is told', () => {
  const runs = [run(9, { otherCores: 1 }), run(3, { otherCores: 1 }), run(4, { otherCores: 1 })];
  expect(summarise(WIRE, 10, runs)).toMatchObject({
    counted: 3,
    disturbed: true,
    seconds: 4,
    bestSeconds: 3,
  });
});

test('memory is that of the worst run, disturbed or not', () => {
  const runs = [run(9, { otherCores: 1, peakBytes: 7 }), run(3, { peakBytes: 5 })];
  expect(summarise(WIRE, 10, runs).peakBytes).toBe(7);
});

test('what DuckDB did not run for is not compared with it', () => {
  const figures = [summarise(WIRE, 10, [run(2)]), summarise(PERMAFROST, 10, [run(3)])];
  expect(ratiosOf(figures)).toMatchObject({ secondsToWire: 1.5, secondsToDuckdb: undefined });
  const withDuckdb = [...figures, summarise(DUCKDB, 10, [run(6, { parquetBytes: 50 })])];
  expect(ratiosOf(withDuckdb)).toMatchObject({ secondsToDuckdb: 0.5, bytesToDuckdb: 2, cpuToDuckdb: 1 });
});
