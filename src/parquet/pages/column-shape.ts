import { DataType, type Field } from 'apache-arrow';
import { DefinitionLevels } from './definition-levels.ts';
import { leafOf, REPEATED_GROUP } from './file-schema.ts';
import type { Levels } from './levels.ts';
import { ListLevels } from './list-levels.ts';
import { listValues } from './list-values.ts';
import { NoLevels } from './no-levels.ts';
import type { ValueEncoding } from './value-encoding.ts';

/** What rows have in the pages of a column: a value, or a list of them. */
export type ColumnShape = {
  /** Names from the column down to its leaf. */
  readonly path: readonly string[];
  /** Of the leaf, by parquet.thrift. */
  readonly physicalType: number;
  readonly values: ValueEncoding;
  /** Those of pages of at most so many bytes. */
  readonly createLevels: (mostBytes: number) => Levels;
  /** Those of elements would serve nobody. */
  readonly hasStatistics: boolean;
};

export function shapeOf(field: Field): ColumnShape {
  return DataType.isList(field.type) ? listShape(field, field.type.valueField) : leafShape(field);
}

function leafShape(field: Field): ColumnShape {
  const { physicalType, values } = leafOf(field);
  return {
    path: [field.name],
    physicalType,
    values,
    createLevels: (mostBytes) => (field.nullable ? new DefinitionLevels(mostBytes) : new NoLevels()),
    hasStatistics: true,
  };
}

function listShape(list: Field, element: Field): ColumnShape {
  const { physicalType, values } = leafOf(element);
  return {
    path: [list.name, REPEATED_GROUP, element.name],
    physicalType,
    values: listValues(values),
    createLevels: (mostBytes) =>
      new ListLevels({ list: list.nullable, element: element.nullable }, mostBytes),
    hasStatistics: false,
  };
}
