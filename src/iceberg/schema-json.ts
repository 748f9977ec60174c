import { PermafrostError } from '../errors.ts';
import type { NestedField, PrimitiveType, Schema, StructType, Type } from './schema.ts';

/**
 * Reads schemas from the table spec's JSON. Unknown keys are carried; types come out in their canonical spelling.
 *
 * Errors: `lake-foreign` for a type or shape that format version 2 does not have.
 */
export function parseSchema(json: unknown): Schema {
  const schema = objectOf(json, 'a schema');
  const identifiers = schema['identifier-field-ids'];
  return {
    ...parseStruct(schema),
    'schema-id': integerOf(schema['schema-id'] ?? 0, 'schema-id'),
    ...(identifiers === undefined
      ? {}
      : { 'identifier-field-ids': arrayOf(identifiers, 'identifier-field-ids').map(identifierOf) }),
  };
}

/** Reads one type: a primitive's name or a nested type's object. */
export function parseType(json: unknown): Type {
  if (typeof json === 'string') return parsePrimitiveType(json);
  const type = objectOf(json, 'a type');
  switch (type.type) {
    case 'struct':
      return parseStruct(type);
    case 'list':
      return {
        ...type,
        type: 'list',
        'element-id': integerOf(type['element-id'], 'element-id'),
        element: parseType(type.element),
        'element-required': booleanOf(type['element-required'], 'element-required'),
      };
    case 'map':
      return {
        ...type,
        type: 'map',
        'key-id': integerOf(type['key-id'], 'key-id'),
        key: parseType(type.key),
        'value-id': integerOf(type['value-id'], 'value-id'),
        value: parseType(type.value),
        'value-required': booleanOf(type['value-required'], 'value-required'),
      };
    default:
      throw unknownType(String(type.type));
  }
}

const plainTypes: ReadonlySet<string> = new Set<PrimitiveType>([
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'string',
  'uuid',
  'binary',
]);

/** Takes `decimal(9,2)` and `fixed [16]` as other writers spell them; gives `decimal(9, 2)` and `fixed[16]`. */
export function parsePrimitiveType(text: string): PrimitiveType {
  if (isPlainType(text)) return text;
  const decimal = /^decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)$/.exec(text);
  if (decimal !== null) {
    const [precision, scale] = [Number(decimal[1]), Number(decimal[2])];
    if (precision >= 1 && precision <= 38 && scale <= precision) return `decimal(${precision}, ${scale})`;
  }
  const fixed = /^fixed\s*\[\s*(\d{1,9})\s*\]$/.exec(text);
  if (fixed !== null) return `fixed[${Number(fixed[1])}]`;
  throw unknownType(text);
}

function isPlainType(text: string): text is PrimitiveType {
  return plainTypes.has(text);
}

function parseStruct(json: Readonly<Record<string, unknown>>): StructType {
  if (json.type !== 'struct') throw unknownType(String(json.type));
  return { ...json, type: 'struct', fields: arrayOf(json.fields, 'fields').map(parseField) };
}

function parseField(json: unknown): NestedField {
  const field = objectOf(json, 'a field');
  if (typeof field.name !== 'string') throw malformed('name');
  return {
    ...field,
    id: integerOf(field.id, 'id'),
    name: field.name,
    required: booleanOf(field.required, 'required'),
    type: parseType(field.type),
  };
}

function objectOf(json: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw malformed(what);
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}

function arrayOf(json: unknown, key: string): readonly unknown[] {
  if (!Array.isArray(json)) throw malformed(key);
  return json;
}

function identifierOf(json: unknown): number {
  return integerOf(json, 'identifier-field-ids');
}

function integerOf(json: unknown, key: string): number {
  if (typeof json !== 'number' || !Number.isSafeInteger(json)) throw malformed(key);
  return json;
}

function booleanOf(json: unknown, key: string): boolean {
  if (typeof json !== 'boolean') throw malformed(key);
  return json;
}

function malformed(what: string): PermafrostError {
  return new PermafrostError('lake-foreign', `the schema of the table is malformed at ${what}`, {
    cure: 'repair the table with the engine that wrote it, or archive into another lake',
  });
}

function unknownType(text: string): PermafrostError {
  return new PermafrostError('lake-foreign', `format version 2 has no type ${JSON.stringify(text)}`, {
    cure: 'archive into another lake, or replace the column with the engine that added it',
  });
}
