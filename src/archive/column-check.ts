import { isDeepStrictEqual } from 'node:util';
import type { PrimitiveType } from '../iceberg/schema.ts';
import type { LeafColumn, LogicalType, PhysicalType } from '../parquet/column-type.ts';

/** How a Parquet file stores a type. */
export type ParquetForm = { readonly physical: readonly PhysicalType[]; readonly logical: LogicalType };

const BYTES: ParquetForm = { physical: ['BYTE_ARRAY'], logical: { kind: 'none' } };

/** How each Iceberg type stands in a Parquet file (spec, Appendix A); types that no data file of ours has are absent. */
const FORMS: Partial<Record<PrimitiveType, ParquetForm>> = {
  boolean: { physical: ['BOOLEAN'], logical: { kind: 'none' } },
  int: { physical: ['INT32'], logical: { kind: 'none' } },
  long: { physical: ['INT64'], logical: { kind: 'none' } },
  float: { physical: ['FLOAT'], logical: { kind: 'none' } },
  double: { physical: ['DOUBLE'], logical: { kind: 'none' } },
  date: { physical: ['INT32'], logical: { kind: 'date' } },
  timestamp: { physical: ['INT64'], logical: { kind: 'timestamp', unit: 'MICROS', utc: false } },
  timestamptz: { physical: ['INT64'], logical: { kind: 'timestamp', unit: 'MICROS', utc: true } },
  string: { physical: ['BYTE_ARRAY'], logical: { kind: 'string' } },
  binary: BYTES,
};

/** How a data file stores the Iceberg type; undefined for one that no data file of ours has. */
export function parquetFormOf(type: PrimitiveType): ParquetForm | undefined {
  return FORMS[type] ?? decimalForm(type);
}

/** True where the Parquet column stores the Iceberg type as the spec wants it. */
export function isHeldAs(type: PrimitiveType, column: LeafColumn): boolean {
  const form = parquetFormOf(type);
  if (form === undefined || !form.physical.includes(column.physicalType)) return false;
  return isDeepStrictEqual(form.logical, column.logicalType);
}

function decimalForm(type: PrimitiveType): ParquetForm | undefined {
  const match = /^decimal\((\d+), (\d+)\)$/.exec(type);
  if (match === null) return undefined;
  const precision = Number(match[1]);
  return {
    physical: decimalWidths(precision),
    logical: { kind: 'decimal', precision, scale: Number(match[2]) },
  };
}

/** The encoder gives a single digit 64 bits; Parquet allows that, and readers go by the file. */
function decimalWidths(precision: number): readonly PhysicalType[] {
  if (precision === 1) return ['INT32', 'INT64'];
  if (precision <= 9) return ['INT32'];
  return precision <= 18 ? ['INT64'] : ['FIXED_LEN_BYTE_ARRAY'];
}
