import { z } from 'zod';
import { PermafrostError } from '../errors.ts';
import type { MappedColumn } from './mapped-column.ts';

/** Which Iceberg field holds which Postgres column: kept as JSON in the table property `permafrost.columns`. */
export type ColumnBinding = {
  readonly fieldId: number;
  readonly attnum: number;
  /** The column's name in Postgres. */
  readonly name: string;
  /** Its declared type in Postgres. */
  readonly type: string;
  /** Field of the companion column `<name>__raw`, once it has been needed. */
  readonly companionFieldId?: number;
  /** True once the column was dropped, or got a type that its field cannot hold. */
  readonly retired?: boolean;
};

/** Field 1 is `dt`, which no column of the source has. */
const fieldId = z.int().min(2);

const bindings = z
  .array(
    z.object({
      fieldId,
      attnum: z.int(),
      name: z.string(),
      type: z.string(),
      companionFieldId: fieldId.optional(),
      retired: z.boolean().optional(),
    }),
  )
  .refine((all) => {
    const ids = all.flatMap((binding) => [binding.fieldId, binding.companionFieldId ?? []].flat());
    return new Set(ids).size === ids.length;
  }, 'a field is bound twice');

/** The binding of a live column, keeping the ids it has. */
export function bindingOf(
  column: MappedColumn,
  ids: { readonly fieldId: number; readonly companionFieldId?: number },
): ColumnBinding {
  return {
    fieldId: ids.fieldId,
    attnum: column.attnum,
    name: column.name,
    type: column.declaredType,
    ...(ids.companionFieldId === undefined ? {} : { companionFieldId: ids.companionFieldId }),
  };
}

/** Reads the property. Error: `lake-foreign` when it is not ours. */
export function parseBindings(json: string): readonly ColumnBinding[] {
  try {
    return bindings.parse(JSON.parse(json));
  } catch (cause) {
    throw new PermafrostError('lake-foreign', 'the table property permafrost.columns cannot be read', {
      cure: 'restore the property from an earlier metadata file of the table',
      cause,
    });
  }
}
