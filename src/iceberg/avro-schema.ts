/**
 * Avro schemas as JSON. A "header" schema carries Iceberg's attributes (`field-id`, `element-id`, `logicalType`) and goes
 * into the file's header; a "plain" one carries structure only and drives the bytes.
 */
export type AvroSchema = string | readonly AvroSchema[] | AvroComplexType;

export type AvroComplexType = {
  readonly type: AvroSchema;
  readonly name?: string;
  readonly namespace?: string;
  readonly logicalType?: string;
  readonly fields?: readonly AvroField[];
  readonly items?: AvroSchema;
  readonly values?: AvroSchema;
  readonly size?: number;
  readonly symbols?: readonly string[];
  readonly 'element-id'?: number;
  readonly 'adjust-to-utc'?: boolean;
  readonly precision?: number;
  readonly scale?: number;
};

export type AvroField = {
  readonly name: string;
  readonly type: AvroSchema;
  readonly 'field-id'?: number;
  readonly default?: null;
  readonly 'iceberg-field-name'?: string;
};

/** Names a field of the plain schema. */
export type FieldNaming = (field: AvroField, position: number) => string;

/** The name as the header has it: for writing, where records are spelt with the spec's names. */
export const byName: FieldNaming = (field) => field.name;

/**
 * The field id as a name, `f134`: for reading, where names and order are the foreign writer's and only ids count. A
 * field without an id gets a name that nobody asks for.
 */
export const byFieldId: FieldNaming = (field, position) =>
  field['field-id'] === undefined ? `unidentified${position}` : `f${field['field-id']}`;

/** Structure only. `{"type":"int","logicalType":"date"}` becomes `"int"`, so that avsc finds the type by its name. */
export function plainSchema(schema: AvroSchema, naming: FieldNaming): AvroSchema {
  if (typeof schema === 'string') return schema;
  if (isUnion(schema)) return schema.map((branch) => plainSchema(branch, naming));
  const { type, name, namespace, fields, items, values, size, symbols } = schema;
  const parts = {
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(size === undefined ? {} : { size }),
    ...(symbols === undefined ? {} : { symbols }),
    ...(items === undefined ? {} : { items: plainSchema(items, naming) }),
    ...(values === undefined ? {} : { values: plainSchema(values, naming) }),
    ...(fields === undefined ? {} : { fields: fields.map((field, i) => plainField(field, i, naming)) }),
  };
  return Object.keys(parts).length === 0 ? plainSchema(type, naming) : { type, ...parts };
}

function plainField(field: AvroField, position: number, naming: FieldNaming): AvroField {
  return { name: naming(field, position), type: plainSchema(field.type, naming) };
}

/** The branches of a union without nested ones; the schema itself where it is none. */
export function branchesOf(schema: AvroSchema): readonly (string | AvroComplexType)[] {
  if (typeof schema === 'string') return [schema];
  return isUnion(schema) ? schema.flatMap(branchesOf) : [schema];
}

/** Array.isArray does not narrow readonly arrays. */
function isUnion(schema: readonly AvroSchema[] | AvroComplexType): schema is readonly AvroSchema[] {
  return Array.isArray(schema);
}
