import { expect, test } from 'vitest';
import { layOutTable } from '../../src/cli/text-table.ts';

const columns = [
  { title: 'table', align: 'left' },
  { title: 'rows', align: 'right' },
] as const;

test('names stand left, numbers right, and nothing follows the last cell', () => {
  expect(
    layOutTable(columns, [
      ['public.orders', '5'],
      ['x', '1,234'],
    ]),
  ).toBe(
    ['table           rows', '─────────────  ─────', 'public.orders      5', 'x              1,234'].join(
      '\n',
    ),
  );
  expect(layOutTable([columns[0]], [['a'], ['long name']]).split('\n')).toEqual([
    'table',
    '─────────',
    'a',
    'long name',
  ]);
});

test('without rows there are the titles', () => {
  expect(layOutTable(columns, [])).toBe('table  rows\n─────  ────');
});

test('a row that is too short is filled up, and ends where it ends', () => {
  expect(layOutTable(columns, [['a']])).toBe('table  rows\n─────  ────\na');
});

test('letters beyond the basic plane and marks do not shift the columns', () => {
  const lines = layOutTable(columns, [
    ['😀😀', '1'],
    ['e\u0301', '2'],
    ['表格', '3'],
  ]).split('\n');
  // The picture and the two signs take two columns each on a terminal.
  expect(lines.slice(2)).toEqual(['😀😀      1', 'e\u0301         2', '表格      3']);
});

test('a control character in a cell can neither break the line nor reach the terminal', () => {
  const text = layOutTable(columns, [['a\nb\u001b[2J\tc', '1']]);
  expect(text.split('\n')).toHaveLength(3);
  expect(text).toContain('a\\nb\\u001b[2J\\tc');
});

test('many rows are laid out as well', () => {
  const rows = Array.from({ length: 200_000 }, (_, index) => [`t${index}`, '1']);
  expect(layOutTable(columns, rows).split('\n')).toHaveLength(200_002);
});
