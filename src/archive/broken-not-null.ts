import type { DataFile } from '../iceberg/data-file.ts';
import type { ColumnDescription } from '../postgres/table-description.ts';
import type { ColumnBinding } from './column-binding.ts';

/**
 * Names the columns that are declared NOT NULL and hold NULL all the same: after damage of the catalog or of a table, or
 * under a constraint that was never validated. The cells are kept; every field of the lake is optional.
 */
export function findBrokenNotNull(
  columns: readonly Pick<ColumnDescription, 'attnum' | 'name' | 'notNull'>[],
  bindings: readonly Omit<ColumnBinding, 'name' | 'type'>[],
  { recordCount, nullValueCounts }: Pick<DataFile, 'recordCount' | 'nullValueCounts'>,
): readonly string[] {
  return columns.flatMap(({ attnum, name, notNull }) => {
    const binding = bindings.find((candidate) => !candidate.retired && candidate.attnum === attnum);
    if (!notNull || binding === undefined) return [];
    const { fieldId, companionFieldId } = binding;
    const special =
      companionFieldId === undefined ? 0n : recordCount - (nullValueCounts.get(companionFieldId) ?? 0n);
    const nulls = (nullValueCounts.get(fieldId) ?? 0n) - special;
    if (nulls <= 0n) return [];
    return [
      `column ${name} is declared NOT NULL, yet ${nulls} ${nulls === 1n ? 'row holds' : 'rows hold'} NULL in it`,
    ];
  });
}
