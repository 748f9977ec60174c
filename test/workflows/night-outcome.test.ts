import { expect, test } from 'vitest';
import type { TableResult } from '../../src/archive/night.ts';
import { fitInto } from '../../workflows/night-outcome.ts';
import { archivedTable, failedTable } from '../mail/night-results.ts';

function manyFailed(count: number): readonly TableResult[] {
  return Array.from({ length: count }, (_, index) =>
    failedTable({ name: `t_${index}`, message: 'm'.repeat(500), cure: 'c'.repeat(500) }),
  );
}

test('B68: a night of two thousand tables that all fail at length fits into a result, and names each', () => {
  const fitted = fitInto(manyFailed(2_000));
  expect(Buffer.byteLength(JSON.stringify(fitted))).toBeLessThan(1_500_000);
  expect(fitted.map(({ name }) => name)).toEqual(manyFailed(2_000).map(({ name }) => name));
  expect(fitted[0]).toMatchObject({ code: 'table-changed', message: `${'m'.repeat(199)}…` });
});

test('what fits is told in full', () => {
  const tables = [...manyFailed(20), archivedTable(1, { schemaChanges: ['column a was added'] })];
  expect(fitInto(tables)).toEqual(tables);
});
