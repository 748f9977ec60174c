import { PermafrostError } from '../errors.ts';
import type { NestedField } from '../iceberg/schema.ts';
import type { KnownTable, LakeSchema } from './lake-schema.ts';
import type { MappedColumn } from './mapped-column.ts';

/**
 * Compares the columns that a definition wants no bounds of with those that there are: a slip in a name, or a column
 * that was renamed, would put privileged values into manifests, unnoticed. Error: `configuration`.
 */
export function requireNamed(
  boundsOff: readonly string[],
  tableOid: number,
  columns: readonly MappedColumn[],
  known: KnownTable | undefined,
): void {
  const unknown = boundsOff.filter((name) => !columns.some((column) => column.name === name));
  if (unknown.length > 0) {
    throw new PermafrostError(
      'configuration',
      `boundsOff names columns that the table does not have: ${unknown.join(', ')}`,
      { cure: 'correct the definition of the table in tables/' },
    );
  }
  if (known?.tableOid !== tableOid) return;
  for (const { attnum, name, retired } of known.bindings) {
    if (retired || !boundsOff.includes(name)) continue;
    const now = columns.find((column) => column.attnum === attnum)?.name ?? name;
    if (boundsOff.includes(now)) continue;
    throw new PermafrostError(
      'configuration',
      `the column ${name}, which boundsOff names, was renamed to ${now}, and another one has its name`,
      { cure: `add ${now} to boundsOff of the table in tables/` },
    );
  }
}

/** Fields, companions too, whose values may not stand in manifests and footers. */
export function fieldsWithoutBounds(
  { bindings, schema }: LakeSchema,
  boundsOff: readonly string[],
): readonly NestedField[] {
  const ids = bindings
    .filter((binding) => boundsOff.includes(binding.name))
    .flatMap((binding) => [binding.fieldId, binding.companionFieldId]);
  return schema.fields.filter((field) => ids.includes(field.id));
}
