import { childFields, allFields, findField, type Schema, type Type } from './schema.ts';
import type { TableMetadata } from './table-metadata.ts';
import { areUnique, ensure } from './validation-rule.ts';

/** Ids above this are reserved for metadata columns (`_file`, `_pos`, …). */
const HIGHEST_FIELD_ID = 2_147_483_447;

/** Every schema is well formed, the current one exists, and no field id lies above `last-column-id`. */
export function validateSchemas(metadata: TableMetadata): void {
  const { schemas, 'current-schema-id': currentId, 'last-column-id': lastColumnId } = metadata;
  const ids = schemas.map((schema) => schema['schema-id']);
  ensure(ids.includes(currentId), 'current-schema-id must be in schemas');
  ensure(areUnique(ids), 'schema ids must be unique');
  for (const schema of schemas) validateSchema(schema, lastColumnId);
}

function validateSchema(schema: Schema, lastColumnId: number): void {
  const where = `in schema ${schema['schema-id']}`;
  const ids = allFields(schema).map((field) => field.id);
  ensure(areUnique(ids), `field ids must be unique ${where}`);
  ensure(
    ids.every((id) => id >= 1 && id <= HIGHEST_FIELD_ID),
    `field ids must lie between 1 and ${HIGHEST_FIELD_ID} ${where}`,
  );
  ensure(
    ids.every((id) => id <= lastColumnId),
    `no field id may exceed last-column-id ${where}`,
  );
  validateNames(schema, where);
  for (const id of schema['identifier-field-ids'] ?? []) validateIdentifier(schema, id, where);
}

function validateNames(type: Type, where: string): void {
  const fields = childFields(type);
  ensure(areUnique(fields.map((field) => field.name)), `field names must be unique ${where}`);
  for (const field of fields) {
    ensure(field.name !== '', `a field must have a name ${where}`);
    validateNames(field.type, where);
  }
}

function validateIdentifier(schema: Schema, id: number, where: string): void {
  const field = findField(schema, id);
  ensure(
    field !== undefined && field.required && typeof field.type === 'string',
    `identifier field ${id} must be required and primitive ${where}`,
  );
  ensure(
    field?.type !== 'float' && field?.type !== 'double',
    `identifier field ${id} must not be a float ${where}`,
  );
}
