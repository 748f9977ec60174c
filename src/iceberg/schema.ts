/** Iceberg schemas, spelt as in the table spec's JSON (Appendix C, "Schemas"). */

export type PrimitiveType =
  | 'boolean'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'string'
  | 'uuid'
  | 'binary'
  /** Canonical form has a space: `decimal(9, 2)`. */
  | `decimal(${number}, ${number})`
  | `fixed[${number}]`;

export type ListType = {
  readonly type: 'list';
  readonly 'element-id': number;
  readonly element: Type;
  readonly 'element-required': boolean;
};

export type StructType = { readonly type: 'struct'; readonly fields: readonly NestedField[] };

export type MapType = {
  readonly type: 'map';
  readonly 'key-id': number;
  readonly key: Type;
  readonly 'value-id': number;
  readonly value: Type;
  readonly 'value-required': boolean;
};

export type Type = PrimitiveType | ListType | StructType | MapType;

export type NestedField = {
  readonly id: number;
  readonly name: string;
  readonly required: boolean;
  readonly type: Type;
  readonly doc?: string;
};

export type Schema = StructType & {
  readonly 'schema-id': number;
  readonly 'identifier-field-ids'?: readonly number[];
};
