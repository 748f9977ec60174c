import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ColumnBinding } from '../../src/archive/column-binding.ts';
import { nameFields } from '../../src/archive/field-name.ts';

function bind(fieldId: number, name: string, companionFieldId?: number): ColumnBinding {
  return {
    fieldId,
    attnum: fieldId,
    name,
    type: 'text',
    ...(companionFieldId === undefined ? {} : { companionFieldId }),
  };
}

function namesOf(...bindings: readonly ColumnBinding[]): readonly string[] {
  return [...nameFields(bindings).values()];
}

describe('names in the lake', () => {
  test('are those of Postgres, whatever stands in them', () => {
    const names = ['id', 'Order Date', 'a.b', 'naïve', '表', '"q"', 'x'.repeat(63), '1st', 'a b '];
    expect(namesOf(...names.map((name, index) => bind(index + 2, name)))).toEqual(names);
  });

  test.each(['dt', 'DT', '_file', '_pos', '_deleted', '_spec_id', '_partition', '_row_id'])(
    '%s is the lake’s or a reader’s own',
    (name) => {
      expect(namesOf(bind(7, name))).toEqual([`${name}__7`]);
    },
  );

  test('that readers give to the elements of a list stay apart from those of columns', () => {
    const [list, column] = [bind(2, 'tags'), bind(3, 'tags.element')];
    const lists = new Set([2]);
    expect([...nameFields([list, column], lists).values()]).toEqual(['tags', 'tags.element__3']);
    expect([...nameFields([column, list], lists).values()]).toEqual(['tags.element', 'tags__2']);
  });

  test('that differ in case or in normal form only stay apart in readers that do not see the difference', () => {
    expect(namesOf(bind(2, 'a'), bind(3, 'A'), bind(4, '\u00e9'), bind(5, 'e\u0301'))).toEqual([
      'a',
      'A__3',
      '\u00e9',
      'e\u0301__5',
    ]);
  });

  test('of companions give way to those of columns, also to later ones', () => {
    expect([...nameFields([bind(2, 'a', 9), bind(3, 'a__raw'), bind(4, 'A__RAW__9')])]).toEqual([
      [2, 'a'],
      [3, 'a__raw'],
      [4, 'A__RAW__9'],
      [9, 'a__raw__9__9'],
    ]);
  });

  test('are told apart whatever columns come together, and the same ones are always named the same', () => {
    const name = fc.oneof(
      fc.constantFrom('a', 'A', 'a__2', 'A__3', 'a__raw', 'dt', 'a__raw__9'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 12 }), (columns) => {
        const bindings = columns.map((column, index) => bind(index + 2, column, index + 100));
        const names = namesOf(...bindings);
        const folded = names.map((each) => each.normalize('NFC').toLowerCase());
        expect(new Set([...folded, 'dt']).size).toBe(bindings.length * 2 + 1);
        expect(namesOf(...bindings)).toEqual(names);
      }),
    );
  });
});
