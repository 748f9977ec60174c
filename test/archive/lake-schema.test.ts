import { describe, expect, test } from 'vitest';
import { type KnownTable, type LakeSchema, planLakeSchema } from '../../src/archive/lake-schema.ts';
import type { MappedColumn } from '../../src/archive/mapped-column.ts';
import type { NestedField } from '../../src/iceberg/schema.ts';

const none: ReadonlySet<number> = new Set();

function column(attnum: number, name: string, type: MappedColumn['type'] = 'string'): MappedColumn {
  return {
    attnum,
    name,
    declaredType: typeof type === 'string' ? `pg ${type}` : 'pg array',
    baseType: 'any',
    generated: false,
    wire: { kind: 'text' },
    expression: `"${name}"`,
    type,
  };
}

/** What the next night finds in the lake. */
function known(night: LakeSchema, oid = 1, lastColumnId = highestId(night)): KnownTable {
  return {
    source: { schema: 'public', name: 't' },
    formerOids: [],
    schema: { ...night.schema, 'schema-id': 0 },
    lastColumnId,
    tableOid: oid,
    bindings: night.bindings,
    contractVersion: '1',
  };
}

function highestId(night: LakeSchema): number {
  return Math.max(
    ...night.schema.fields.flatMap((field) =>
      typeof field.type === 'object' && field.type.type === 'list'
        ? [field.id, field.type['element-id']]
        : [field.id],
    ),
  );
}

function fieldsOf(night: LakeSchema): readonly (readonly [number, string, NestedField['type']])[] {
  return night.schema.fields.map((field) => [field.id, field.name, field.type]);
}

describe('a new table', () => {
  test('has dt as field 1, its columns from 2 on, element ids last', () => {
    const night = planLakeSchema(
      1,
      [column(1, 'id', 'long'), column(2, 'tags', { kind: 'list', element: 'string' }), column(3, 'note')],
      none,
      undefined,
    );
    expect(fieldsOf(night)).toEqual([
      [1, 'dt', 'date'],
      [2, 'id', 'long'],
      [3, 'tags', { type: 'list', 'element-id': 5, element: 'string', 'element-required': false }],
      [4, 'note', 'string'],
    ]);
    expect(night.changes).toEqual([]);
  });

  test('a dt column of its own, and names that differ in case or normal form only, stay apart', () => {
    const night = planLakeSchema(
      1,
      [
        column(1, 'dt'),
        column(2, 'a'),
        column(3, 'A'),
        column(4, '\u00e9'),
        column(5, 'e\u0301'),
        column(6, '_file'),
      ],
      none,
      undefined,
    );
    expect(night.schema.fields.map((field) => field.name)).toEqual([
      'dt',
      'dt__2',
      'a',
      'A__4',
      '\u00e9',
      'e\u0301__6',
      '_file__7',
    ]);
    expect(new Set(night.schema.fields.map((field) => field.name.normalize('NFC').toLowerCase())).size).toBe(
      7,
    );
  });

  test('a column that takes the name another one would be given keeps it, and both stay apart', () => {
    const night = planLakeSchema(1, [column(1, 'A__4'), column(2, 'a'), column(3, 'A')], none, undefined);
    expect(night.schema.fields.map((field) => field.name)).toEqual(['dt', 'A__4', 'a', 'A__4__4']);
  });
});

describe('the next night', () => {
  const first = planLakeSchema(1, [column(1, 'a', 'int'), column(2, 'b')], none, undefined);

  test('without a change keeps the schema as it is, also its id', () => {
    const before = known(first);
    const next = planLakeSchema(1, [column(1, 'a', 'int'), column(2, 'b')], none, before);
    expect(next.schema).toBe(before.schema);
    expect(next.changes).toEqual([]);
  });

  test('a swap of two names keeps each field with its column (B50)', () => {
    const next = planLakeSchema(1, [column(1, 'b', 'int'), column(2, 'a')], none, known(first));
    expect(fieldsOf(next).slice(1)).toEqual([
      [2, 'b', 'int'],
      [3, 'a', 'string'],
    ]);
    expect(next.changes).toEqual(['column a was renamed to b', 'column b was renamed to a']);
  });

  test('a promotion keeps the field, any other change of type makes a new one (B49)', () => {
    const next = planLakeSchema(1, [column(1, 'a', 'long'), column(2, 'b', 'int')], none, known(first));
    expect(fieldsOf(next).slice(1)).toEqual([
      [2, 'a', 'long'],
      [4, 'b', 'int'],
      [3, 'b__3', 'string'],
    ]);
    expect(next.changes).toHaveLength(2);
  });

  test('a column dropped and added again under its name is a new field, the old one stays readable (B48)', () => {
    const next = planLakeSchema(1, [column(1, 'a', 'int'), column(3, 'b')], none, known(first));
    expect(fieldsOf(next).slice(1)).toEqual([
      [2, 'a', 'int'],
      [4, 'b', 'string'],
      [3, 'b__3', 'string'],
    ]);
    expect(next.changes.join()).toContain('was dropped');
    expect(next.changes.join()).toContain('was added');

    const third = planLakeSchema(1, [column(1, 'a', 'int'), column(3, 'b')], none, known(next));
    expect(third.changes).toEqual([]);
    expect(third.schema.fields).toEqual(next.schema.fields);
  });

  test('the columns of another table under the name are matched by name, and what has no match is told (B48)', () => {
    const next = planLakeSchema(2, [column(1, 'c'), column(2, 'a', 'int')], none, known(first));
    expect(fieldsOf(next).slice(1)).toEqual([
      [4, 'c', 'string'],
      [2, 'a', 'int'],
      [3, 'b', 'string'],
    ]);
    expect(next.changes).toEqual([
      'column c (pg string) was added',
      'column b was dropped; its field (3) keeps its earlier nights readable as b',
    ]);
  });

  test('a type that is another one in Postgres only keeps the field, and is told (B49)', () => {
    const columns = [column(1, 'a', 'int'), { ...column(2, 'b'), declaredType: 'text' }];
    const next = planLakeSchema(1, columns, none, known(first));
    expect(fieldsOf(next)).toEqual(fieldsOf(first));
    expect(next.changes).toEqual(['column b changed its type from pg string to text; its field holds both']);
  });

  test('a column keeps its name in the lake whatever comes and goes beside it (B54)', () => {
    const twins = planLakeSchema(1, [column(1, 'x', 'int'), column(2, 'a'), column(3, 'A')], none, undefined);
    expect(twins.changes).toEqual(['column A is called A__4 in the lake']);
    const alone = planLakeSchema(1, [column(1, 'x', 'int'), column(3, 'A')], none, known(twins));
    expect(alone.schema.fields.map(({ name }) => name)).toEqual(['dt', 'x', 'A__4', 'a']);

    const newcomer = planLakeSchema(1, [column(1, 'B', 'int'), column(2, 'b')], none, known(first));
    expect(newcomer.schema.fields.map(({ name }) => name)).toEqual(['dt', 'B__2', 'b']);
    expect(newcomer.changes).toEqual(['column a was renamed to B, and is called B__2 in the lake']);
  });
});

describe('a companion', () => {
  test('appears when it is asked for, follows its column and stays', () => {
    const first = planLakeSchema(1, [column(1, 'at', 'timestamptz'), column(2, 'b')], none, undefined);
    const second = planLakeSchema(
      1,
      [column(1, 'at', 'timestamptz'), column(2, 'b')],
      new Set([1]),
      known(first),
    );
    expect(fieldsOf(second).slice(1)).toEqual([
      [2, 'at', 'timestamptz'],
      [4, 'at__raw', 'string'],
      [3, 'b', 'string'],
    ]);
    const third = planLakeSchema(1, [column(1, 'at', 'timestamptz'), column(2, 'b')], none, known(second));
    expect(third.schema.fields).toEqual(second.schema.fields);
  });

  test('never takes the name of a column', () => {
    const night = planLakeSchema(1, [column(1, 'at', 'date'), column(2, 'at__raw')], new Set([1]), undefined);
    expect(night.schema.fields.map((field) => field.name)).toEqual(['dt', 'at', 'at__raw__4', 'at__raw']);
  });
});
