import type { SchemaElement } from 'hyparquet';

export type PhysicalType =
  | 'BOOLEAN'
  | 'INT32'
  | 'INT64'
  | 'INT96'
  | 'FLOAT'
  | 'DOUBLE'
  | 'BYTE_ARRAY'
  | 'FIXED_LEN_BYTE_ARRAY';

/** Parquet's logical types, as far as a data file may have them; `other` keeps the name of the rest for messages. */
export type LogicalType =
  | { readonly kind: 'none' }
  | { readonly kind: 'string' }
  | { readonly kind: 'date' }
  | { readonly kind: 'timestamp'; readonly unit: 'MILLIS' | 'MICROS' | 'NANOS'; readonly utc: boolean }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'integer'; readonly bitWidth: number; readonly signed: boolean }
  | { readonly kind: 'other'; readonly name: string };

/** A leaf of the file's schema: one column chunk per row group, in this order. */
export type LeafColumn = {
  /** Names from the column down to the leaf: `["a"]`, `["tags", "list", "element"]`. */
  readonly path: readonly string[];
  /** Field ids along the path; undefined where the file gives none (the middle of a list never has one). */
  readonly fieldIds: readonly (number | undefined)[];
  /** The leaf's own. */
  readonly fieldId: number | undefined;
  readonly physicalType: PhysicalType;
  readonly logicalType: LogicalType;
  /** A value may repeat within a row: the leaf stands in a list or a map. */
  readonly repeated: boolean;
  readonly nullable: boolean;
};

type Place = Pick<LeafColumn, 'path' | 'fieldIds' | 'repeated' | 'nullable'>;

/** Leaves of a schema as the footer has it: depth first, each group before its children. */
export function readLeafColumns(schema: readonly SchemaElement[]): LeafColumn[] {
  const leaves: LeafColumn[] = [];
  let next = 1;
  function readChildren(count: number, parent: Place): void {
    for (let child = 0; child < count; child += 1) {
      const element = schema[next];
      next += 1;
      if (element === undefined) return;
      const place: Place = {
        path: [...parent.path, element.name],
        fieldIds: [...parent.fieldIds, element.field_id],
        repeated: parent.repeated || element.repetition_type === 'REPEATED',
        nullable: parent.nullable || element.repetition_type !== 'REQUIRED',
      };
      if (element.type === undefined) readChildren(element.num_children ?? 0, place);
      else leaves.push({ ...place, ...readType(element, element.type) });
    }
  }
  readChildren(schema[0]?.num_children ?? 0, { path: [], fieldIds: [], repeated: false, nullable: false });
  return leaves;
}

function readType(element: SchemaElement, physicalType: PhysicalType) {
  return { fieldId: element.field_id, physicalType, logicalType: readLogicalType(element) };
}

function readLogicalType(element: SchemaElement): LogicalType {
  const logical = element.logical_type;
  if (logical === undefined) {
    // Old writers give converted types only; those are not judged here.
    const name = element.converted_type;
    return name === undefined ? { kind: 'none' } : { kind: 'other', name };
  }
  switch (logical.type) {
    case 'STRING':
      return { kind: 'string' };
    case 'DATE':
      return { kind: 'date' };
    case 'TIMESTAMP':
      return { kind: 'timestamp', unit: logical.unit, utc: logical.isAdjustedToUTC };
    case 'DECIMAL':
      return { kind: 'decimal', precision: logical.precision, scale: logical.scale };
    case 'INTEGER':
      return { kind: 'integer', bitWidth: logical.bitWidth, signed: logical.isSigned };
    default:
      return { kind: 'other', name: logical.type };
  }
}
