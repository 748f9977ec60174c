import { PermafrostError } from '../errors.ts';
import type { PartitionField, PartitionSpec } from './partition-spec.ts';
import type { NestedField, PrimitiveType, Schema } from './schema.ts';
import { resultType } from './transform.ts';

/** A partition field with the type of its values. */
export type TypedPartitionField = PartitionField & { readonly type: PrimitiveType };

/** The spec's "partition type": each field, in spec order, with the result type of its transform. */
export function partitionType(spec: PartitionSpec, schema: Schema): readonly TypedPartitionField[] {
  return spec.fields.map((field) => ({
    ...field,
    type: resultType(field.transform, sourceType(field, schema)),
  }));
}

function sourceType(field: PartitionField, schema: Schema): PrimitiveType {
  const source = findField(schema.fields, field['source-id']);
  if (source === undefined || typeof source.type !== 'string') {
    throw new PermafrostError(
      'configuration',
      `partition field ${field.name} has no primitive source column with id ${field['source-id']} in the schema`,
      { cure: 'partition by a column of the table that is not inside a list or map' },
    );
  }
  return source.type;
}

/** Looks into structs too, but not into lists and maps: a partition source may not lie there. */
function findField(fields: readonly NestedField[], id: number): NestedField | undefined {
  for (const field of fields) {
    if (field.id === id) return field;
    if (typeof field.type === 'string' || field.type.type !== 'struct') continue;
    const nested = findField(field.type.fields, id);
    if (nested !== undefined) return nested;
  }
  return undefined;
}
