import type { ColumnDescription } from '../postgres/table-description.ts';
import type { WireType } from '../postgres/copy/wire-column.ts';
import { type ColumnType, mapColumn, selectExpression, typeContractOf } from './type-contract.ts';

/** A source column with the way it is read and the Iceberg type it gets. */
export type MappedColumn = {
  readonly attnum: number;
  readonly name: string;
  readonly declaredType: string;
  /** pg_type.typname of the type under all domains. */
  readonly baseType: string;
  readonly generated: boolean;
  readonly wire: WireType;
  /** What the COPY selects. */
  readonly expression: string;
  readonly type: ColumnType;
};

/**
 * Puts the type contract to every column of a table, in the version that the table keeps. Error: `lake-foreign` where
 * that is not known.
 */
export function mapColumns(
  columns: readonly ColumnDescription[],
  contractVersion: string,
): readonly MappedColumn[] {
  const contract = typeContractOf(contractVersion);
  return columns.map((column) => {
    const mapping = mapColumn(column, contract);
    return {
      attnum: column.attnum,
      name: column.name,
      declaredType: column.declaredType,
      baseType: column.baseTypeName,
      generated: column.generated === true,
      wire: mapping.wire,
      expression: selectExpression(column, mapping),
      type: mapping.icebergType,
    };
  });
}
