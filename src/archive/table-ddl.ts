import { createHash } from 'node:crypto';
import { PermafrostError } from '../errors.ts';
import type { TableDdl } from '../postgres/schema-dump.ts';

/** Counts up when what is written changes its shape. */
const FORMAT = 1;

/**
 * The bytes of a table's DDL, as they are archived: equal for an equal table, whatever the order of the properties.
 * The values of sequences are not in it: they change every night.
 */
export function encodeTableDdl(ddl: TableDdl): Buffer {
  return Buffer.from(`${JSON.stringify(inOrder({ format: FORMAT, ...ddl }), undefined, 1)}\n`);
}

/** SHA-256, in hex, of the bytes: what the archived DDL is called by, so that an unchanged table is written once. */
export function tableDdlDigest(ddl: TableDdl): string {
  return createHash('sha256').update(encodeTableDdl(ddl)).digest('hex');
}

/** Reads archived DDL. Error: `integrity` when the bytes are not those that the digest names. */
export function decodeTableDdl(bytes: Uint8Array, digest: string): TableDdl {
  if (createHash('sha256').update(bytes).digest('hex') !== digest) {
    throw new PermafrostError('integrity', 'the archived DDL of a table is not what its digest says', {
      cure: 'run permafrost verify, and restore from another copy of the lake',
    });
  }
  const { format, ...ddl }: TableDdl & { readonly format: number } = JSON.parse(
    Buffer.from(bytes).toString('utf8'),
  );
  if (format === FORMAT) return ddl;
  throw new PermafrostError('lake-foreign', `the archived DDL has the format ${format}, which is not known`, {
    cure: 'use the version of Permafrost that wrote it, or a newer one',
  });
}

/** Arrays keep their order, objects get the order of their names. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, inOrder(inner)]));
}
