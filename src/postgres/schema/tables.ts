import { quoteIdentifier, quoteTable } from '../quote.ts';
import { columnOptions, type ColumnPlace, writeColumn } from './columns.ts';
import { define, present, type SchemaDraft, writeOptions } from './draft.ts';
import { type ObjectKey, objectKey } from './graph.ts';
import type { ObjectRef, StatementKind } from './statement.ts';
import type { Row } from '../session.ts';

/** A table with its columns; other definitions hang on it. */
export type DumpedTable = {
  readonly row: Row;
  readonly key: ObjectKey;
  readonly of: ObjectRef & { readonly kind: 'table' };
  /** `"schema"."name"`. */
  readonly quoted: string;
  /** For messages. */
  readonly label: string;
  readonly columns: readonly Row[];
};

/** By oid. */
export type DumpedTables = ReadonlyMap<string, DumpedTable>;

export function dumpedTables(
  rows: readonly Row[],
  columns: ReadonlyMap<string, readonly Row[]>,
): DumpedTables {
  return new Map(
    rows.map((row): [string, DumpedTable] => {
      const object = { schema: row.schema ?? '', name: row.name ?? '' };
      const table: DumpedTable = {
        row,
        key: objectKey('pg_class', row.oid),
        of: { kind: 'table', ...object },
        quoted: quoteTable(object),
        label: `${object.schema}.${object.name}`,
        columns: columns.get(row.oid ?? '') ?? [],
      };
      return [row.oid ?? '', table];
    }),
  );
}

/** The tables themselves, their place under others, their options and defaults; constraints and indexes come apart. */
export function draftTables(draft: SchemaDraft, tables: DumpedTables): void {
  for (const table of tables.values()) {
    const parents = parentsOf(table, tables);
    const place: ColumnPlace = {
      whole: table.row.partition === 't' || !inheritsInOrder(table, parents),
      typed: table.row.of_type != null,
    };
    define(draft, {
      key: table.key,
      of: table.of,
      sql: createTable(table, place, parents),
      phrase: `TABLE ${table.quoted}`,
      from: table.columns.filter(isGenerated).map(expressionKey),
      columnsOf: table.quoted,
    });
    if (place.whole) draftParents(draft, table, parents);
    draftOptions(draft, table, place);
    draftDefaults(draft, table);
  }
}

/** Adds a statement about a table. */
export function addToTable(
  draft: SchemaDraft,
  table: DumpedTable,
  statement: {
    readonly kind: StatementKind;
    readonly sql: string;
    readonly name?: string;
    readonly from?: readonly ObjectKey[];
    readonly restored?: boolean;
  },
): void {
  const { kind, sql, name = table.of.name, from = [], restored = true } = statement;
  draft.statements.push({
    kind,
    object: { schema: table.of.schema, name },
    of: table.of,
    sql,
    restored,
    from,
  });
}

function createTable(table: DumpedTable, place: ColumnPlace, parents: readonly DumpedTable[]): string {
  const { row } = table;
  const elements = table.columns.flatMap((column) => writeColumn(column, place, table.label));
  const options = [...writeOptions(row.options), ...writeOptions(row.toast_options, 'toast.')];
  const body = elements.length === 0 ? '()' : `(\n  ${elements.join(',\n  ')}\n)`;
  return [
    `CREATE ${row.persistence === 'u' ? 'UNLOGGED ' : ''}TABLE ${table.quoted}`,
    place.typed ? ` OF ${row.of_type}${elements.length === 0 ? '' : ` ${body}`}` : ` ${body}`,
    place.whole || parents.length === 0
      ? ''
      : ` INHERITS (${parents.map(({ quoted }) => quoted).join(', ')})`,
    row.partitioned === 't' ? ` PARTITION BY ${present(row.partition_key, table.label)}` : '',
    row.access_method == null ? '' : ` USING ${quoteIdentifier(row.access_method)}`,
    options.length === 0 ? '' : ` WITH (${options.join(', ')})`,
  ].join('');
}

/**
 * CREATE TABLE … INHERITS puts the parents' columns first. Where they do not stand there, because a parent came or grew
 * later, the table is made by itself and gets its parents afterwards: the order of its columns is kept.
 */
function inheritsInOrder({ columns }: DumpedTable, parents: readonly DumpedTable[]): boolean {
  const inherited = new Set(parents.flatMap((parent) => parent.columns.map(({ name }) => name)));
  return [...inherited].every((name, index) => columns[index]?.name === name);
}

/**
 * The hash of an enum is that of its oid, which another database gives to another: there the rows belong into other
 * partitions, and come in only before these are attached.
 */
function draftParents(draft: SchemaDraft, table: DumpedTable, parents: readonly DumpedTable[]): void {
  for (const parent of parents) {
    const sql =
      table.row.partition === 't'
        ? `ALTER TABLE ONLY ${parent.quoted} ATTACH PARTITION ${table.quoted} ${present(table.row.partition_bound, table.label)}`
        : `ALTER TABLE ONLY ${table.quoted} INHERIT ${parent.quoted}`;
    const kind = parent.row.hashed_by_oid === 't' ? 'attach-hashed' : 'attach-partition';
    addToTable(draft, table, { kind, sql, from: [table.key] });
  }
}

function draftOptions(draft: SchemaDraft, table: DumpedTable, place: ColumnPlace): void {
  const identity = REPLICA_IDENTITIES[table.row.replica_identity ?? ''];
  const column = table.columns.flatMap((each) =>
    columnOptions(each, place).map((option) => `ALTER COLUMN ${quoteIdentifier(each.name ?? '')} ${option}`),
  );
  for (const option of [...column, ...(identity === undefined ? [] : [`REPLICA IDENTITY ${identity}`])]) {
    addToTable(draft, table, { kind: 'table-option', sql: `ALTER TABLE ONLY ${table.quoted} ${option}` });
  }
}

const REPLICA_IDENTITIES: Readonly<Record<string, string>> = { n: 'NOTHING', f: 'FULL' };

function draftDefaults(draft: SchemaDraft, table: DumpedTable): void {
  for (const column of table.columns) {
    if (column.expression_oid == null || isGenerated(column)) continue;
    const name = quoteIdentifier(column.name ?? '');
    addToTable(draft, table, {
      kind: 'default',
      sql: `ALTER TABLE ONLY ${table.quoted} ALTER COLUMN ${name} SET DEFAULT ${present(column.expression, table.label)}`,
      from: [expressionKey(column)],
    });
  }
}

/** Parents that belong to an extension are none of ours: then the table is one of its own. */
function parentsOf({ row }: DumpedTable, tables: DumpedTables): readonly DumpedTable[] {
  const oids: readonly number[] = JSON.parse(row.parents ?? '[]');
  return oids.flatMap((oid) => tables.get(String(oid)) ?? []);
}

function isGenerated({ generated }: Row): boolean {
  return generated != null && generated !== '';
}

function expressionKey({ expression_oid: oid }: Row): ObjectKey {
  return objectKey('pg_attrdef', oid);
}
