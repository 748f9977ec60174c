import type { Client } from 'pg';
import type { ColumnBinding } from '../../src/archive/column-binding.ts';
import type { NestedField, Schema } from '../../src/iceberg/schema.ts';

/** Rows and content hash of a table, as read_lake.py computes them from the lake. */
export type Content = { readonly rows: number; readonly hash: readonly [string, string] };

/** A column of the lake with the Postgres column it comes from. */
export type HashedColumn = { readonly lakeName: string; readonly expression: string };

/** Every column that the current schema binds to a live Postgres column, companions included, in a fixed order. */
export function hashedColumns(schema: Schema, bindings: readonly ColumnBinding[]): readonly HashedColumn[] {
  const field = (id: number) => schema.fields.find((candidate) => candidate.id === id) as NestedField;
  return bindings
    .filter((binding) => !binding.retired)
    .flatMap((binding) => {
      const column = `t.${quote(binding.name)}`;
      const value = field(binding.fieldId);
      const main = { lakeName: value.name, expression: canonical(column, value, binding) };
      if (binding.companionFieldId === undefined) return [main];
      return [
        main,
        {
          lakeName: field(binding.companionFieldId).name,
          expression: `CASE WHEN ${isSpecial(column, value)} THEN 'v' || ${column}::text ELSE 'n' END`,
        },
      ];
    });
}

/** The content of the table as the connection's transaction sees it. */
export async function hashInPostgres(
  client: Client,
  table: { readonly schema: string; readonly name: string },
  columns: readonly HashedColumn[],
): Promise<Content> {
  const row = columns.map((column) => column.expression).join(` || chr(31) || `);
  const { rows } = await client.query<{ rows: string; high: string; low: string }>(
    `SELECT count(*)::text AS rows,
            coalesce(sum(('x' || left(m, 16))::bit(64)::bigint), 0)::text AS high,
            coalesce(sum(('x' || right(m, 16))::bit(64)::bigint), 0)::text AS low
       FROM (SELECT md5(${row}) AS m FROM ONLY ${quote(table.schema)}.${quote(table.name)} t) hashed`,
  );
  const [content] = rows;
  return { rows: Number(content?.rows), hash: [content?.high ?? '', content?.low ?? ''] };
}

function canonical(column: string, field: NestedField, binding: ColumnBinding): string {
  const value = canonicalValue(column, field);
  const special = binding.companionFieldId === undefined ? '' : ` OR ${isSpecial(column, field)}`;
  return `CASE WHEN ${column} IS NULL${special} THEN 'n' ELSE 'v' || ${value} END`;
}

function canonicalValue(column: string, field: NestedField): string {
  const { type } = field;
  if (typeof type === 'object') {
    return `'[' || coalesce((SELECT string_agg(coalesce('v' || e::text, 'n'), ',' ORDER BY o) FROM unnest(${column}) WITH ORDINALITY u(e, o)), '') || ']'`;
  }
  switch (type) {
    case 'boolean':
      return `CASE WHEN ${column} THEN 't' ELSE 'f' END`;
    case 'float':
      return `encode(float4send(${column}), 'hex')`;
    case 'double':
      return `encode(float8send(${column}), 'hex')`;
    case 'date':
      return `(${column} - DATE '1970-01-01')::text`;
    case 'timestamp':
    case 'timestamptz':
      return `(extract(epoch FROM ${column}) * 1000000)::bigint::text`;
    case 'binary':
      return `encode(${column}, 'hex')`;
    case 'string':
      // The output function, not a cast: a cast to text would strip the padding of char(n).
      return `format('%s', ${column})`;
    default:
      return `${column}::text`;
  }
}

function isSpecial(column: string, field: NestedField): string {
  const { type } = field;
  if (typeof type === 'object')
    return `coalesce(array_ndims(${column}) > 1 OR array_lower(${column}, 1) <> 1, false)`;
  if (type === 'date' || type.startsWith('timestamp')) return `coalesce(NOT isfinite(${column}), false)`;
  return `coalesce(${column} = 'NaN', false)`;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
