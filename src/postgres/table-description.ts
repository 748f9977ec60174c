/** What rows can be read from. A partition or child that holds rows itself is a table. */
export type RelationKind = 'table' | 'view' | 'materialized view' | 'foreign table';

/** What a table looks like under one snapshot. Plain data: it crosses threads. */
export type TableDescription = {
  readonly oid: number;
  readonly kind: RelationKind;
  readonly schema: string;
  readonly name: string;
  /** pg_class.relfilenode as the snapshot sees it; differs from the live one after TRUNCATE or a rewrite. 0 without a file. */
  readonly relfilenode: number;
  /** Live columns in attnum order. */
  readonly columns: readonly ColumnDescription[];
  /** Attnums of the primary key, in key order; empty without one. */
  readonly primaryKey: readonly number[];
  /** pg_class.reltuples; -1 when never analysed. */
  readonly estimatedRows: number;
  /** Size of the main fork and its TOAST, in bytes. */
  readonly bytes: number;
  /** Blocks of the main fork, where rows can be found by the block they stand in (from PostgreSQL 14 on); else 0. */
  readonly heapBlocks: number;
};

export type ColumnDescription = {
  readonly attnum: number;
  readonly name: string;
  readonly notNull: boolean;
  /** True where the table computes the values itself: `GENERATED ALWAYS AS (…)`. */
  readonly generated?: boolean;
  /** The declared type, as format_type() prints it: `numeric(12,2)`, `character varying(20)`, `public.mood`. */
  readonly declaredType: string;
  /** Domains resolved to what they are built on. */
  readonly baseTypeOid: number;
  /** pg_type.typname of the base type: `int4`, `_text`, `mood`. */
  readonly baseTypeName: string;
  /** True for a type of pg_catalog. */
  readonly builtIn: boolean;
  /** pg_type.typtype of the base type: b base, e enum, c composite, r range, m multirange. */
  readonly typeKind: string;
  /** Type modifier of the column or of its domain; -1 for none. */
  readonly typeModifier: number;
  /** The base type's function that makes text of a value, as SQL: `record_out`, `public.hstore_out`. */
  readonly outputFunction: string;
};
