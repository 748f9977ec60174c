import { describe, expect, test } from 'vitest';
import { bindingOf, parseBindings } from '../../src/archive/column-binding.ts';
import type { MappedColumn } from '../../src/archive/mapped-column.ts';

const column: MappedColumn = {
  attnum: 4,
  name: 'valid_until',
  declaredType: 'date',
  baseType: 'date',
  generated: false,
  wire: { kind: 'date' },
  expression: '"valid_until"',
  type: 'date',
};

describe('the binding of a column', () => {
  test('names both sides, and the companion once there is one', () => {
    const plain = { fieldId: 5, attnum: 4, name: 'valid_until', type: 'date' };
    expect(bindingOf(column, { fieldId: 5 })).toStrictEqual(plain);
    expect(bindingOf(column, { fieldId: 5, companionFieldId: 9 })).toStrictEqual({
      ...plain,
      companionFieldId: 9,
    });
  });

  test('of a column that comes back is no longer retired', () => {
    const retired = { fieldId: 5, attnum: 4, name: 'old', type: 'text', retired: true };
    expect(bindingOf(column, retired)).not.toHaveProperty('retired');
  });

  test('reads back as it was written', () => {
    const bindings = [
      bindingOf(column, { fieldId: 5, companionFieldId: 9 }),
      { fieldId: 6, attnum: 2, name: 'a"b\u0000', type: 'numeric(12,2)', retired: true },
    ];
    expect(parseBindings(JSON.stringify(bindings))).toEqual(bindings);
  });

  test.each([
    '',
    'null',
    '{}',
    '[{}]',
    '[{"fieldId":0,"attnum":1,"name":"a","type":"text"}]',
    '[{"fieldId":2.5,"attnum":1,"name":"a","type":"text"}]',
    '[{"fieldId":2,"attnum":1,"name":"a"}]',
  ])('%j is refused: a guess would put values into the wrong field', (json) => {
    expect(() => parseBindings(json)).toThrow(
      expect.objectContaining({
        code: 'lake-foreign',
        cure: expect.stringContaining('earlier metadata file'),
      }),
    );
  });

  test.each([
    ['two columns for one field', [2, 2, undefined]],
    ['a companion that is another column’s field', [2, 3, 2]],
  ])('%s are refused', (_, [first, second, companion]) => {
    const bindings = [
      { fieldId: first, attnum: 1, name: 'a', type: 'text' },
      { fieldId: second, attnum: 2, name: 'b', type: 'text', companionFieldId: companion },
    ];
    expect(() => parseBindings(JSON.stringify(bindings))).toThrow(
      expect.objectContaining({ code: 'lake-foreign' }),
    );
  });
});
