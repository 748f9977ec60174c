import { Client, escapeIdentifier, type QueryArrayResult } from 'pg';
import { expect } from 'vitest';
import { assertNever } from '../../../src/errors.ts';
import type { Held } from './sample-types.ts';

/** The rows of a table, every cell as Postgres prints it. */
export type TextRow = readonly (string | null)[];

/** One lake column: how its values are held, and its cells as the reader gives them. */
export type HeldColumn = { readonly held: Held; readonly cells: readonly (string | null)[] };

const SETTINGS = `
  SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET bytea_output = 'hex';
  SET extra_float_digits = 3; SET xmloption = content; SET search_path = ''; SET row_security = off;
  SET array_nulls = on; SET quote_all_identifiers = off; SET standard_conforming_strings = on`;

/** The oracle: a session that prints values as COPY and psql do, whatever the database's own settings are. */
export async function connectWitness(url: string): Promise<Client> {
  const client = new Client({
    connectionString: url,
    types: { getTypeParser: () => (value: unknown) => value },
  });
  await client.connect();
  await client.query(SETTINGS);
  return client;
}

/** A column to read, and the SQL of the text of its value `v`: what Postgres prints unless told. */
export type PrintedColumn = { readonly name: string; readonly prints?: string | undefined };

/** The table's own rows. */
export async function readTexts(
  witness: Client,
  table: string,
  columns: readonly PrintedColumn[],
): Promise<readonly TextRow[]> {
  const texts = columns.map(({ name, prints = 'v' }) =>
    prints.replaceAll(/\bv\b/g, () => escapeIdentifier(name)),
  );
  return select(witness, `SELECT ${texts.join(', ')} FROM ONLY public.${escapeIdentifier(table)}`, []);
}

/** What Postgres prints for the values that the lake holds: rows in the order of the cells. */
export async function printTexts(
  witness: Client,
  rows: number,
  columns: readonly HeldColumn[],
): Promise<readonly TextRow[]> {
  if (columns.length === 0) return Array.from({ length: rows }, () => []);
  const expressions = columns.map(({ held }, index) => valueOf(held, `c${index}`)).join(', ');
  const parameters = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const aliases = columns.map((_, index) => `c${index}`).join(', ');
  const query = `SELECT ${expressions} FROM unnest(${parameters}) WITH ORDINALITY AS u (${aliases}, n) ORDER BY n`;
  return select(
    witness,
    query,
    columns.map((column) => column.cells),
  );
}

/** Fails with the first rows that differ; their order is of no account. */
export function expectSameRows(
  found: readonly TextRow[],
  expected: readonly TextRow[],
  message?: string,
): void {
  const [left, right] = [found, expected].map((rows) => rows.map((row) => JSON.stringify(row)).toSorted());
  const at = left?.findIndex((row, index) => row !== right?.[index]) ?? -1;
  expect(left?.slice(at, at + 2), message).toEqual(right?.slice(at, at + 2));
  expect(found, message).toHaveLength(expected.length);
}

async function select(
  witness: Client,
  text: string,
  values: readonly unknown[],
): Promise<readonly TextRow[]> {
  const { rows }: QueryArrayResult<(string | null)[]> = await witness.query({
    text,
    values: [...values],
    rowMode: 'array',
  });
  return rows;
}

/** SQL of the value that Iceberg holds as `v`: days and microseconds since 1970, lists as JSON. */
function valueOf(held: Held, v: string): string {
  if (typeof held === 'object') {
    const list = `(SELECT coalesce(array_agg(e ORDER BY o), '{}') FROM json_array_elements_text(${v}::json) WITH ORDINALITY AS l (e, o))::${held.listOf}[]`;
    return `CASE WHEN ${v} IS NOT NULL THEN ${list} END`;
  }
  switch (held) {
    case 'boolean':
      return `${v}::boolean`;
    case 'float4':
    case 'float8':
      return `${v}::${held}`;
    case 'bytea':
      return `decode(${v}, 'hex')`;
    case 'date':
      return `date '1970-01-01' + ${v}::integer`;
    case 'timestamp':
    case 'timestamptz':
      return `${held} '1970-01-01 00:00:00Z' + (${v} || ' microseconds')::interval`;
    case 'decimal':
      return `${v}::numeric`;
    case 'integer':
    case 'text':
      return v;
    default:
      return assertNever(held);
  }
}
