import { escapeIdentifier, escapeLiteral } from 'pg';

/** An identifier as SQL: always quoted, so that case, dots and keywords stay what they are. */
export function quoteIdentifier(name: string): string {
  return escapeIdentifier(name);
}

/** A string literal as SQL. */
export function quoteLiteral(value: string): string {
  return escapeLiteral(value);
}

/** `"schema"."name"`. */
export function quoteTable(table: { readonly schema: string; readonly name: string }): string {
  return `${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}`;
}
