import { quoteIdentifier, quoteTable } from '../quote.ts';
import { define, literal, present, type SchemaDraft } from './draft.ts';
import { objectKey } from './graph.ts';
import type { Row } from '../session.ts';

/** Extensions come without their version: what the server of the restore has is what it can run. */
export function draftExtensions(draft: SchemaDraft, rows: readonly Row[]): void {
  for (const row of rows) {
    const { schema, name } = named(row);
    define(draft, {
      key: objectKey('pg_extension', row.oid),
      of: { kind: 'extension', schema, name },
      sql: `CREATE EXTENSION IF NOT EXISTS ${quoteIdentifier(name)} WITH SCHEMA ${quoteIdentifier(schema)}`,
      phrase: `EXTENSION ${quoteIdentifier(name)}`,
    });
  }
}

export function draftCollations(draft: SchemaDraft, rows: readonly Row[]): void {
  for (const row of rows) {
    const target = quoteTable(named(row));
    define(draft, {
      key: objectKey('pg_collation', row.oid),
      of: { kind: 'collation', ...named(row) },
      sql: `CREATE COLLATION ${target} (${collationOptions(row).join(', ')})`,
      phrase: `COLLATION ${target}`,
    });
  }
}

/** `columns` are those of the composite types, by the oid of the relation that holds them. */
export function draftTypes(
  draft: SchemaDraft,
  rows: readonly Row[],
  columns: ReadonlyMap<string, readonly Row[]>,
): void {
  for (const row of rows) {
    const body = typeBody(row, columns);
    if (body === undefined) continue;
    const target = quoteTable(named(row));
    const word = row.kind === 'd' ? 'DOMAIN' : 'TYPE';
    const relation = objectKey('pg_class', row.relation);
    const composite = row.kind === 'c';
    define(draft, {
      key: objectKey('pg_type', row.oid),
      of: { kind: 'type', ...named(row) },
      sql: `CREATE ${word} ${target} ${body}`,
      phrase: `${word} ${target}`,
      from: composite ? [relation] : [],
    });
    if (!composite) continue;
    const of = { kind: 'type', ...named(row) } as const;
    draft.refs.set(relation, of);
    draft.subjects.set(relation, {
      phrase: `TYPE ${target}`,
      object: named(row),
      of,
      restored: true,
      columnsOf: target,
    });
  }
}

/** A function that is there already must never be replaced: it may be a newer one, and others use it. */
export function draftFunctions(draft: SchemaDraft, rows: readonly Row[]): void {
  for (const row of rows) {
    const { schema, name } = named(row);
    const label = `${name}(${row.arguments ?? ''})`;
    const word = row.procedure === 't' ? 'PROCEDURE' : 'FUNCTION';
    define(draft, {
      key: objectKey('pg_proc', row.oid),
      of: { kind: 'function', schema, name: label },
      sql: present(row.definition, `the function ${schema}.${label}`)
        .replace(/^CREATE OR REPLACE /, 'CREATE ')
        .trimEnd(),
      phrase: `${word} ${quoteTable({ schema, name })}(${row.arguments ?? ''})`,
    });
  }
}

function typeBody(row: Row, columns: ReadonlyMap<string, readonly Row[]>): string | undefined {
  switch (row.kind) {
    case 'e': {
      const labels: readonly string[] = JSON.parse(row.labels ?? '[]');
      return `AS ENUM (${labels.map(literal).join(', ')})`;
    }
    case 'd':
      return domainBody(row);
    case 'r':
      return `AS RANGE (${rangeOptions(row).join(', ')})`;
    case 'c': {
      const attributes = columns.get(row.relation ?? '') ?? [];
      return `AS (${attributes.map((each) => `${quoteIdentifier(each.name ?? '')} ${each.type}${collate(each)}`).join(', ')})`;
    }
    default:
      return undefined;
  }
}

function domainBody(row: Row): string {
  const name = row.not_null_name == null ? '' : ` CONSTRAINT ${quoteIdentifier(row.not_null_name)}`;
  return [
    `AS ${row.base}${collate(row)}`,
    row.default == null ? '' : ` DEFAULT ${row.default}`,
    row.not_null === 't' ? `${name} NOT NULL` : '',
  ].join('');
}

function rangeOptions(row: Row): readonly string[] {
  const options: readonly (readonly [string, string | null | undefined])[] = [
    ['SUBTYPE', row.subtype],
    ['SUBTYPE_OPCLASS', row.opclass],
    ['COLLATION', row.range_collation],
    ['CANONICAL', row.canonical],
    ['SUBTYPE_DIFF', row.subtype_diff],
    ['MULTIRANGE_TYPE_NAME', row.multirange],
  ];
  return options.flatMap(([option, value]) => (value == null ? [] : [`${option} = ${value}`]));
}

const PROVIDERS: Readonly<Record<string, string>> = { c: 'libc', i: 'icu', b: 'builtin' };

function collationOptions(row: Row): readonly string[] {
  const libc = row.provider === 'c';
  return [
    `PROVIDER = ${PROVIDERS[row.provider ?? ''] ?? 'libc'}`,
    ...(libc
      ? [`LC_COLLATE = ${literal(row.collate ?? '')}`, `LC_CTYPE = ${literal(row.ctype ?? '')}`]
      : [`LOCALE = ${literal(row.locale ?? '')}`]),
    ...(row.deterministic === 't' ? [] : ['DETERMINISTIC = false']),
    ...(row.rules == null ? [] : [`RULES = ${literal(row.rules)}`]),
  ];
}

function collate(row: Row): string {
  return row.collation == null ? '' : ` COLLATE ${row.collation}`;
}

function named(row: Row): { readonly schema: string; readonly name: string } {
  return { schema: row.schema ?? '', name: row.name ?? '' };
}
