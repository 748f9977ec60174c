import { createHash } from 'node:crypto';
import { PermafrostError } from '../errors.ts';
import type { DatabaseFacts, TableDdl } from '../postgres/schema/schema-dump.ts';
import type { WireType } from '../postgres/copy/wire-column.ts';

/**
 * All that is needed, beside the rows, to make a table anew in year nine: how it is made, and where the data files hold
 * its columns. The values of sequences are not in it: they change every night.
 */
export type ArchivedDdl = {
  readonly database: DatabaseFacts;
  readonly table: TableDdl;
  /** The columns that were read, in the order of the stream. */
  readonly columns: readonly ArchivedColumn[];
};

export type ArchivedColumn = {
  /** In Postgres, when the table was read. */
  readonly name: string;
  readonly wire: WireType;
  /** pg_type.typname of the type under all domains: `int4`, `_varchar`, `mood`. */
  readonly baseType: string;
  /** True where the table computes the values itself. */
  readonly generated: boolean;
  readonly fieldId: number;
  readonly companionFieldId?: number;
};

/** An ArchivedDdl as it is stored: below the table's location, under a name that its content gives. */
export type StoredDdl = {
  /** SHA-256 of the bytes, lower-case hex. */
  readonly digest: string;
  readonly bytes: Uint8Array;
};

/** Counts up when what is written changes its shape. */
const FORMAT = 1;

/** Equal DDL has equal bytes, whatever the order of properties, so that an unchanged table is stored once. */
export function encodeDdl(ddl: ArchivedDdl): StoredDdl {
  const bytes = Buffer.from(`${JSON.stringify(inOrder({ format: FORMAT, ...ddl }), undefined, 1)}\n`);
  return { digest: digestOf(bytes), bytes };
}

/** Path of stored DDL, relative to the table's location. */
export function ddlPath(digest: string): string {
  return `ddl/${digest}.json`;
}

/**
 * Reads stored DDL. Errors: `integrity` when the bytes are not those that the digest names; `lake-foreign` when a newer
 * version wrote it.
 */
export function decodeDdl({ digest, bytes }: StoredDdl): ArchivedDdl {
  if (digestOf(bytes) !== digest) {
    throw new PermafrostError('integrity', 'the archived DDL of a table is not what its digest says', {
      cure: 'restore from another copy of the lake, or restore another night',
    });
  }
  const { format, ...ddl }: ArchivedDdl & { readonly format: number } = JSON.parse(
    Buffer.from(bytes).toString('utf8'),
  );
  if (format === FORMAT) return ddl;
  throw new PermafrostError('lake-foreign', `the archived DDL has the format ${format}, which is not known`, {
    cure: 'use the version of Permafrost that wrote it, or a newer one',
  });
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Arrays keep their order, objects get the order of their names. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, inOrder(inner)]));
}
