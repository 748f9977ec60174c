import { quoteIdentifier, quoteLiteral, quoteTable } from '../postgres/quote.ts';
import { REPLAY_SETTINGS } from '../postgres/schema/schema-dump.ts';
import { setSequences } from '../postgres/schema/sequences.ts';
import { isDefinition, planReplay, refKey, type SchemaStatement } from '../postgres/schema/statement.ts';
import { csvColumns } from './csv-rows.ts';
import type { FrozenTable } from './frozen-table.ts';
import { type LeftOut, tellLeftOut, tellUnread } from './left-out.ts';
import { orderByForeignKeys } from './load-order.ts';

/** `csv` as Postgres' COPY reads it; `parquet`: the data files as they are, with `dt` and field ids. */
export type FileFormat = 'csv' | 'parquet';

const STAGE = 'permafrost_stage';

/** A script for psql that makes the tables and, for CSV, loads the files beside it; and what it cannot make. */
export function writeRestoreScript(
  tables: readonly FrozenTable[],
  format: FileFormat,
): { readonly script: string; readonly leftOut: readonly LeftOut[] } {
  const statements = tables
    .flatMap(({ ddl }) => ddl.table.statements)
    .filter(({ restoredByDefault }) => restoredByDefault);
  const values = tables.flatMap(({ sequences }) => sequences);
  const plan = planReplay([...statements, ...setSequences(values, statements)]);
  const made = new Set(plan.preData.filter(isDefinition).map(({ of }) => refKey(of)));
  const loaded = tables.filter(({ schema, name }) => made.has(refKey({ kind: 'table', schema, name })));
  const lines = [
    ...headOf(tables, format),
    ...plan.preData.map(sqlOf),
    '',
    ...(format === 'csv' ? orderByForeignKeys(loaded).flatMap(copyOf) : []),
    '',
    ...plan.postData.map(sqlOf),
    'COMMIT;',
  ];
  const known = new Set(values.map(quoteTable));
  const unset = plan.preData.filter(
    ({ kind, object }) => kind === 'sequence' && !known.has(quoteTable(object)),
  );
  return {
    script: `${lines.join('\n')}\n`,
    leftOut: [...plan.leftOut.map(tellLeftOut), ...unset.map(({ object }) => tellUnread(object))],
  };
}

function headOf([first]: readonly FrozenTable[], format: FileFormat): readonly string[] {
  const { name, serverVersion, lcMonetary } = first?.ddl.database ?? {};
  const settings = { ...REPLAY_SETTINGS, ...(lcMonetary === undefined ? {} : { lc_monetary: lcMonetary }) };
  return [
    `-- The night ${first?.night} of ${JSON.stringify(name)}, PostgreSQL ${serverVersion}.`,
    ...(format === 'csv'
      ? ['-- Run it in this folder, against an empty database: psql -d <database> -f restore.sql']
      : ['-- How the tables are made; their rows are in the Parquet files.']),
    String.raw`\set ON_ERROR_STOP on`,
    'BEGIN;',
    ...Object.entries(settings).map(
      ([setting, value]) =>
        `SELECT pg_catalog.set_config(${quoteLiteral(setting)}, ${quoteLiteral(value)}, true) \\g /dev/null`,
    ),
    '',
  ];
}

function sqlOf({ sql }: SchemaStatement): string {
  return `${sql};`;
}

function copyOf(table: FrozenTable): readonly string[] {
  const columns = csvColumns(table).map(({ name }) => quoteIdentifier(name));
  const names = columns.length === 0 ? '' : ` (${columns.join(', ')})`;
  const target = `${quoteTable(table)}${names}`;
  const copy = (into: string) =>
    String.raw`\copy ${into} FROM ${quoteLiteral(`${table.lakeTable}.csv`)} WITH (FORMAT csv, HEADER true, ENCODING 'UTF8')`;
  // A command of psql ends with its line: of a name with two lines the second would be a command by itself.
  if (!/[\n\r]/.test(target)) return [copy(target)];
  const columnsOnly = `SELECT ${columns.join(', ')} FROM ${quoteTable(table)}`;
  return [
    `CREATE TEMPORARY TABLE ${STAGE} AS ${columnsOnly} WITH NO DATA;`,
    copy(`pg_temp.${STAGE}`),
    `INSERT INTO ${target} OVERRIDING SYSTEM VALUE SELECT * FROM pg_temp.${STAGE};`,
    `DROP TABLE pg_temp.${STAGE};`,
  ];
}
