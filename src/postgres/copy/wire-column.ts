/** How one column of a COPY BINARY is decoded into Arrow. Plain data: it crosses threads. */
export type WireColumn = {
  /** Name of the Arrow field. */
  readonly name: string;
  /** What the COPY selects: `"a"`, or `"a"::text` for types without a decoder of their own. */
  readonly expression: string;
  readonly wire: WireType;
  /** False only where Postgres says NOT NULL. */
  readonly nullable: boolean;
  /**
   * True: a second Arrow column `<name>__raw` (utf8) follows this one. A value that the Arrow type cannot hold is null
   * in the first and stands as Postgres' own text in the second; in all other rows the second is null.
   * False: such a value stops the stream with `SpecialValueFound`.
   */
  readonly companion: boolean;
};

/**
 * Wire types and the Arrow type each decodes into:
 * bool → Bool · int2, int4 → Int32 · int8, oid → Int64 · float4 → Float32 · float8 → Float64 ·
 * numeric → Decimal128(precision, scale) · text, jsonb, uuid → Utf8 · bytea → Binary · date → Date32 ·
 * timestamp → Timestamp(µs, no zone or 'UTC') · array → List<element>.
 */
export type WireType = ScalarWireType | { readonly kind: 'array'; readonly element: ArrayElementWireType };

export type ScalarWireType =
  | { readonly kind: 'bool' }
  | { readonly kind: 'int2' }
  | { readonly kind: 'int4' }
  | { readonly kind: 'int8' }
  | { readonly kind: 'oid' }
  | { readonly kind: 'float4' }
  | { readonly kind: 'float8' }
  | { readonly kind: 'numeric'; readonly precision: number; readonly scale: number }
  /** text, varchar, bpchar, name, json, enums, and everything selected as ::text: UTF-8 bytes as they are. */
  | { readonly kind: 'text' }
  /** A version byte, then UTF-8. */
  | { readonly kind: 'jsonb' }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'bytea' }
  | { readonly kind: 'date' }
  | { readonly kind: 'timestamp'; readonly utc: boolean };

export type ArrayElementWireType =
  | { readonly kind: 'int2' }
  | { readonly kind: 'int4' }
  | { readonly kind: 'int8' }
  | { readonly kind: 'text' }
  | { readonly kind: 'uuid' };
