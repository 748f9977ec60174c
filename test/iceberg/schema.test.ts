import { describe, expect, test } from 'vitest';
import { parsePrimitiveType, parseSchema, parseType } from '../../src/iceberg/schema-json.ts';
import {
  assignFreshIds,
  findField,
  highestFieldId,
  printType,
  schemasEqual,
  type Schema,
  type Type,
} from '../../src/iceberg/schema.ts';
import { sampleSchema } from './sample-table.ts';

describe('types', () => {
  test.each([
    ['decimal(9,2)', 'decimal(9, 2)'],
    ['decimal( 38 , 0 )', 'decimal(38, 0)'],
    ['fixed[16]', 'fixed[16]'],
    ['timestamptz', 'timestamptz'],
  ])('%s is read as %s', (text, canonical) => {
    expect(parsePrimitiveType(text)).toBe(canonical);
  });

  test.each([
    'decimal(39, 0)',
    'decimal(0, 0)',
    'decimal(2, 3)',
    'timestamp_ns',
    'variant',
    'Int',
    '',
    'toString',
  ])('%j is refused, not guessed', (text) => {
    expect(() => parsePrimitiveType(text)).toThrow(expect.objectContaining({ code: 'lake-foreign' }));
  });

  test('a primitive wrapped in an object is refused', () => {
    expect(() => parseType({ type: 'int' })).toThrow(expect.objectContaining({ code: 'lake-foreign' }));
  });

  test('people read nested types in one line', () => {
    const type: Type = {
      type: 'map',
      'key-id': 1,
      key: 'string',
      'value-id': 2,
      value: { type: 'list', 'element-id': 3, element: 'decimal(9, 2)', 'element-required': true },
      'value-required': false,
    };
    expect(printType(type)).toBe('map<string, list<decimal(9, 2)>>');
  });
});

describe('schemas', () => {
  test('a schema read from JSON keeps the keys of other writers and drops nulls', () => {
    const schema = parseSchema({
      type: 'struct',
      'schema-id': 3,
      'x-owner': 'spark',
      fields: [{ id: 1, name: 'a', required: false, type: 'decimal(9,2)', doc: null, 'write-hint': 7 }],
    });
    expect(schema).toEqual({
      type: 'struct',
      'schema-id': 3,
      'x-owner': 'spark',
      fields: [{ id: 1, name: 'a', required: false, type: 'decimal(9, 2)', 'write-hint': 7 }],
    });
  });

  test('ids inside lists count', () => {
    expect(highestFieldId(sampleSchema)).toBe(4);
    expect(findField(sampleSchema, 4)).toEqual({ id: 4, name: 'element', required: false, type: 'string' });
    expect(findField(sampleSchema, 5)).toBeUndefined();
    expect(highestFieldId({ type: 'struct', fields: [] })).toBe(0);
  });

  test.each<[string, (schema: Schema) => Schema]>([
    ['a name', (schema) => withFirst(schema, { name: 'other' })],
    ['an id', (schema) => withFirst(schema, { id: 9 })],
    ['a type', (schema) => withFirst(schema, { type: 'timestamp' })],
    ['nullability', (schema) => withFirst(schema, { required: false })],
    ['a doc', (schema) => withFirst(schema, { doc: 'the night' })],
    ['the order', (schema) => ({ ...schema, fields: schema.fields.toReversed() })],
    ['a column less', (schema) => ({ ...schema, fields: schema.fields.slice(1) })],
    [
      'a column more',
      (schema) => ({
        ...schema,
        fields: [...schema.fields, { id: 8, name: 'z', required: false, type: 'int' }],
      }),
    ],
    ['an element id', (schema) => withTags(schema, 12)],
    ['the identifier fields', (schema) => ({ ...schema, 'identifier-field-ids': [1] })],
  ])('schemas that differ in %s are not equal', (_what, change) => {
    expect(schemasEqual(sampleSchema, change(sampleSchema))).toBe(false);
    expect(schemasEqual(change(sampleSchema), sampleSchema)).toBe(false);
  });

  test("a schema's own id and the order of identifier fields do not matter", () => {
    const left = { ...sampleSchema, 'identifier-field-ids': [1, 2] };
    expect(schemasEqual(left, { ...left, 'schema-id': 7, 'identifier-field-ids': [2, 1] })).toBe(true);
    expect(schemasEqual(sampleSchema, { ...sampleSchema, 'identifier-field-ids': [] })).toBe(true);
  });

  test('fresh ids go to the fields of a struct first, then to what is nested', () => {
    const nested: Type = {
      type: 'struct',
      fields: [
        { id: 0, name: 'a', required: false, type: list(list('int')) },
        { id: 0, name: 'b', required: false, type: 'int' },
      ],
    };
    let last = 10;
    const fresh = assignFreshIds(nested, () => (last += 1));
    const ids = JSON.stringify(fresh).match(/id":(\d+)/g);
    expect(last).toBe(14);
    expect(new Set(ids).size).toBe(4);
    expect(fresh).toMatchObject({
      fields: [
        { id: 11, type: { 'element-id': 13, element: { 'element-id': 14 } } },
        { id: 12, type: 'int' },
      ],
    });
  });
});

function list(element: Type): Type {
  return { type: 'list', 'element-id': 0, element, 'element-required': false };
}

function withFirst(schema: Schema, changes: Partial<Schema['fields'][number]>): Schema {
  const [first, ...rest] = schema.fields;
  return { ...schema, fields: first === undefined ? [] : [{ ...first, ...changes }, ...rest] };
}

function withTags(schema: Schema, elementId: number): Schema {
  const fields = schema.fields.map((field) =>
    typeof field.type === 'object' && field.type.type === 'list'
      ? { ...field, type: { ...field.type, 'element-id': elementId } }
      : field,
  );
  return { ...schema, fields };
}
