import { assertNever } from '../errors.ts';

/** Iceberg schemas, spelt as in the table spec's JSON (Appendix C, "Schemas"). */

export type PrimitiveType =
  | 'boolean'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'string'
  | 'uuid'
  | 'binary'
  /** Canonical form has a space: `decimal(9, 2)`. */
  | `decimal(${number}, ${number})`
  | `fixed[${number}]`;

export type ListType = {
  readonly type: 'list';
  readonly 'element-id': number;
  readonly element: Type;
  readonly 'element-required': boolean;
};

export type StructType = { readonly type: 'struct'; readonly fields: readonly NestedField[] };

export type MapType = {
  readonly type: 'map';
  readonly 'key-id': number;
  readonly key: Type;
  readonly 'value-id': number;
  readonly value: Type;
  readonly 'value-required': boolean;
};

export type Type = PrimitiveType | ListType | StructType | MapType;

export type NestedField = {
  readonly id: number;
  readonly name: string;
  readonly required: boolean;
  readonly type: Type;
  readonly doc?: string;
};

export type Schema = StructType & {
  readonly 'schema-id': number;
  readonly 'identifier-field-ids'?: readonly number[];
};

/**
 * The parts of a nested type as fields: a list's is called `element`, a map's `key` and `value`. A primitive type has
 * none.
 */
export function childFields(type: Type): readonly NestedField[] {
  if (typeof type === 'string') return [];
  switch (type.type) {
    case 'struct':
      return type.fields;
    case 'list':
      return [
        { id: type['element-id'], name: 'element', required: type['element-required'], type: type.element },
      ];
    case 'map':
      return [
        { id: type['key-id'], name: 'key', required: true, type: type.key },
        { id: type['value-id'], name: 'value', required: type['value-required'], type: type.value },
      ];
    default:
      return assertNever(type);
  }
}

/** Every field at any depth, a parent before its children. */
export function allFields(type: Type): readonly NestedField[] {
  return childFields(type).flatMap((field) => [field, ...allFields(field.type)]);
}

/** The field with this id at any depth. */
export function findField(schema: StructType, id: number): NestedField | undefined {
  return allFields(schema).find((field) => field.id === id);
}

/** 0 for a schema without fields. */
export function highestFieldId(schema: StructType): number {
  return allFields(schema).reduce((highest, field) => Math.max(highest, field.id), 0);
}

/**
 * The type with every id inside it replaced by the next one, in Java's order: all fields of a struct first, then what
 * is nested in them. The id of the column itself belongs to its field, not to its type.
 */
export function assignFreshIds(type: Type, nextId: () => number): Type {
  if (typeof type === 'string') return type;
  switch (type.type) {
    case 'struct': {
      const numbered = type.fields.map((field) => ({ ...field, id: nextId() }));
      return {
        ...type,
        fields: numbered.map((field) => ({ ...field, type: assignFreshIds(field.type, nextId) })),
      };
    }
    case 'list':
      return { ...type, 'element-id': nextId(), element: assignFreshIds(type.element, nextId) };
    case 'map': {
      const ids = { 'key-id': nextId(), 'value-id': nextId() };
      return {
        ...type,
        ...ids,
        key: assignFreshIds(type.key, nextId),
        value: assignFreshIds(type.value, nextId),
      };
    }
    default:
      return assertNever(type);
  }
}

/** Same fields (ids, names, order, types, docs) and same identifier fields; the schema's own id does not matter. */
export function schemasEqual(left: Schema, right: Schema): boolean {
  const identifiers = (schema: Schema) => (schema['identifier-field-ids'] ?? []).toSorted((a, b) => a - b);
  return typesEqual(left, right) && identifiers(left).join() === identifiers(right).join();
}

/** Same structure with the same ids at every depth. */
export function typesEqual(left: Type, right: Type): boolean {
  if (typeof left === 'string' || typeof right === 'string') return left === right;
  if (left.type !== right.type) return false;
  const [leftFields, rightFields] = [childFields(left), childFields(right)];
  return (
    leftFields.length === rightFields.length &&
    leftFields.every((field, index) => fieldsEqual(field, rightFields[index]))
  );
}

function fieldsEqual(left: NestedField, right: NestedField | undefined): boolean {
  return (
    right !== undefined &&
    left.id === right.id &&
    left.name === right.name &&
    left.required === right.required &&
    left.doc === right.doc &&
    typesEqual(left.type, right.type)
  );
}

/** A type as people read it: `decimal(9, 2)`, `list<string>`, `struct<a: int, b: date>`. */
export function printType(type: Type): string {
  if (typeof type === 'string') return type;
  switch (type.type) {
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}: ${printType(field.type)}`).join(', ')}>`;
    case 'list':
      return `list<${printType(type.element)}>`;
    case 'map':
      return `map<${printType(type.key)}, ${printType(type.value)}>`;
    default:
      return assertNever(type);
  }
}
