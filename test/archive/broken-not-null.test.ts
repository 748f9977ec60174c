import { expect, test } from 'vitest';
import { findBrokenNotNull } from '../../src/archive/broken-not-null.ts';

const columns = [
  { attnum: 1, name: 'plain', notNull: true },
  { attnum: 2, name: 'special', notNull: true },
  { attnum: 3, name: 'free', notNull: false },
];
const bindings = [
  { attnum: 1, fieldId: 2 },
  { attnum: 2, fieldId: 3, companionFieldId: 5 },
  { attnum: 3, fieldId: 4 },
];

function found(nulls: readonly (readonly [number, bigint])[]): readonly string[] {
  return findBrokenNotNull(columns, bindings, { recordCount: 10n, nullValueCounts: new Map(nulls) });
}

test('cells that a companion keeps are not NULL; those that nothing keeps are', () => {
  expect(
    found([
      [3, 4n],
      [5, 6n],
      [4, 9n],
    ]),
  ).toEqual([]);
  expect(
    found([
      [3, 4n],
      [5, 7n],
    ]),
  ).toEqual(['column special is declared NOT NULL, yet 1 row holds NULL in it']);
  expect(
    found([
      [2, 2n],
      [5, 10n],
    ]),
  ).toEqual(['column plain is declared NOT NULL, yet 2 rows hold NULL in it']);
});
