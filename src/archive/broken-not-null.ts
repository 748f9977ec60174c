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
  { recordCount, nullValueCounts }: Counts,
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

type Counts = Pick<DataFile, 'recordCount' | 'nullValueCounts'>;

/** What several data files of one night count together. */
export function addCounts(files: readonly Counts[]): Counts {
  const nullValueCounts = new Map<number, bigint>();
  for (const file of files) {
    for (const [id, nulls] of file.nullValueCounts)
      nullValueCounts.set(id, (nullValueCounts.get(id) ?? 0n) + nulls);
  }
  return { recordCount: files.reduce((sum, { recordCount }) => sum + recordCount, 0n), nullValueCounts };
}
