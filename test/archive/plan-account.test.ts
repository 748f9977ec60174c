import { describe, expect, test } from 'vitest';
import { settleResults, type TableResult } from '../../src/archive/night.ts';
import { accountForAll } from '../../src/archive/plan-account.ts';
import type { ExcludedRelation, ListedTable, TableListing } from '../../src/postgres/list-tables.ts';
import { failedTable } from '../mail/night-results.ts';
import { plannedTable } from '../workflows/fake-archiver.ts';

function listed(name: string): ListedTable & ExcludedRelation {
  return {
    schema: 'public',
    name,
    oid: 1,
    kind: 'table',
    persistence: 'permanent',
    partOf: [],
    estimatedRows: 1,
    bytes: 1,
    maySelect: true,
    rowsHidden: false,
    rule: 'a rule',
  };
}

const listing: TableListing = {
  tables: [listed('orders'), listed('lines')],
  onlyByName: [listed('seen')],
  excluded: [listed('root')],
  missing: [],
};
const seen = { schema: 'public', name: 'seen', rule: 'view' };
const root = { schema: 'public', name: 'root', rule: 'partitioned table' };
const whole = { tables: [plannedTable('orders', 1), plannedTable('lines', 1)], excluded: [seen, root] };

describe('a plan', () => {
  test('that speaks of each relation once is whole', () => {
    expect(accountForAll(listing, whole)).toBe(whole);
  });

  test.each([
    ['that passes over a table', { ...whole, tables: whole.tables.slice(1) }, /public\.orders are neither/],
    ['that passes over a view', { ...whole, excluded: [root] }, /public\.seen are neither/],
    [
      'that both plans and excludes a table',
      { ...whole, excluded: [...whole.excluded, { ...root, name: 'lines' }] },
      /public\.lines .*twice/,
    ],
    [
      'with a table that is not there',
      { ...whole, tables: [...whole.tables, plannedTable('ghost', 1)] },
      /public\.ghost .*not there/,
    ],
    [
      'with two tables in one folder',
      {
        ...whole,
        tables: [plannedTable('orders', 1), { ...plannedTable('lines', 1), lakeTable: 'public_orders' }],
      },
      /public\.orders have the folder/,
    ],
  ])('%s is refused', (_case, chosen, message) => {
    expect(() => accountForAll(listing, chosen)).toThrow(
      expect.objectContaining({ code: 'integrity', message: expect.stringMatching(message) }),
    );
  });
});

describe('the results of a night', () => {
  const results = whole.tables.map(({ name, lakeTable }): TableResult => failedTable({ name, lakeTable }));

  test('are told in the order of the plan', () => {
    expect(settleResults(whole.tables, results.toReversed())).toEqual(results);
  });

  test('name a planned table without one, and one that was not planned, as failed', () => {
    const other = failedTable({ name: 'ghost', lakeTable: 'public_ghost', code: 'protocol' });
    expect(settleResults(whole.tables, [...results.slice(1), other])).toMatchObject([
      { kind: 'failed', name: 'orders', code: 'integrity', message: 'it was planned, but has no result' },
      { name: 'lines' },
      { kind: 'failed', name: 'ghost', code: 'integrity', message: 'it was not planned' },
    ]);
  });
});
