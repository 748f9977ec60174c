import { PermafrostError } from '../errors.ts';
import type { PrimitiveType, Type } from '../iceberg/schema.ts';

/** The DuckDB type that holds every value of an Iceberg type. Error: `lake-foreign` for a type that we never write. */
export function toDuckdbType(type: Type): string {
  if (typeof type !== 'string') {
    if (type.type === 'list') return `${toDuckdbType(type.element)}[]`;
    throw new PermafrostError('lake-foreign', `a column of type ${type.type} cannot be queried`);
  }
  const decimal = /^decimal\((\d+), (\d+)\)$/.exec(type);
  if (decimal !== null) return `DECIMAL(${decimal[1]}, ${decimal[2]})`;
  return DUCKDB_TYPES[type] ?? 'BLOB';
}

const DUCKDB_TYPES: Partial<Record<PrimitiveType, string>> = {
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMPTZ',
  string: 'VARCHAR',
  uuid: 'UUID',
  binary: 'BLOB',
};
