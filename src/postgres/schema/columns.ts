import { quoteIdentifier } from '../quote.ts';
import { present, writeOptions } from './draft.ts';
import type { Row } from '../session.ts';

/** What a column is within CREATE TABLE. */
export type ColumnPlace = {
  /** Also what it merely inherits: a table that gets its parent afterwards brings its own columns along. */
  readonly whole: boolean;
  /** True in CREATE TABLE … OF, where the type says the type. */
  readonly typed: boolean;
};

/** The elements of CREATE TABLE that a column makes: itself, its NOT NULL where the parent makes the column, or none. */
export function writeColumn(column: Row, { whole, typed }: ColumnPlace, label: string): readonly string[] {
  const name = quoteIdentifier(column.name ?? '');
  const notNull = isNotNull(column, whole) ? notNullClause(column) : '';
  if (typed) return notNull === '' ? [] : [`${name} WITH OPTIONS${notNull}`];
  if (!whole && column.local !== 't') {
    // Before PostgreSQL 18 an inherited column's own NOT NULL has no name, and follows in a statement of its own.
    return notNull === '' || column.not_null_name == null
      ? []
      : [`CONSTRAINT ${quoteIdentifier(column.not_null_name)} NOT NULL ${name}`];
  }
  const collation = column.collation == null ? '' : ` COLLATE ${column.collation}`;
  return [`${name} ${column.type}${collation}${generatedClause(column, label)}${notNull}`];
}

/** What a column is told by ALTER TABLE before rows come in, because CREATE TABLE cannot say it of every column. */
export function columnOptions(column: Row, { whole, typed }: ColumnPlace): readonly string[] {
  const options = writeOptions(column.options);
  const storage = STORAGES[column.storage ?? ''];
  const compression = COMPRESSIONS[column.compression ?? ''];
  const inherited = !whole && !typed && column.local !== 't';
  return [
    ...(inherited && column.not_null === 't' && column.not_null_name == null ? ['SET NOT NULL'] : []),
    ...(storage === undefined ? [] : [`SET STORAGE ${storage}`]),
    ...(compression === undefined ? [] : [`SET COMPRESSION ${compression}`]),
    ...(Number(column.statistics ?? -1) >= 0 ? [`SET STATISTICS ${column.statistics}`] : []),
    ...(options.length === 0 ? [] : [`SET (${options.join(', ')})`]),
  ];
}

const STORAGES: Readonly<Record<string, string>> = { p: 'PLAIN', e: 'EXTERNAL', x: 'EXTENDED', m: 'MAIN' };
const COMPRESSIONS: Readonly<Record<string, string>> = { p: '"pglz"', l: '"lz4"' };

/** PostgreSQL 18 keeps NOT NULL as a constraint with a name, which may be inherited, or not hold for all rows yet. */
function isNotNull(column: Row, whole: boolean): boolean {
  if (column.not_null !== 't') return false;
  if (column.not_null_name == null) return true;
  return column.not_null_valid === 't' && (whole || column.not_null_local === 't');
}

function notNullClause(column: Row): string {
  const name = column.not_null_name == null ? '' : ` CONSTRAINT ${quoteIdentifier(column.not_null_name)}`;
  return `${name} NOT NULL${column.not_null_no_inherit === 't' ? ' NO INHERIT' : ''}`;
}

function generatedClause(column: Row, label: string): string {
  if (column.generated == null || column.generated === '') return '';
  const kind = column.generated === 'v' ? 'VIRTUAL' : 'STORED';
  return ` GENERATED ALWAYS AS (${present(column.expression, label)}) ${kind}`;
}
