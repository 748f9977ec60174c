import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  DuckDBTypeId,
  StatementType,
} from '@duckdb/node-api';
import type { TableScan } from '../archive/plan-query.ts';
import { PermafrostError } from '../errors.ts';
import { toDuckdbType } from './duckdb-type.ts';

export type QueryAnswer = {
  readonly columns: readonly string[];
  /** JSON-safe values: numbers beyond 2^53, decimals and instants as text. */
  readonly rows: readonly (readonly unknown[])[];
};

/**
 * Runs one SQL statement that reads the tables, and can read nothing else on this machine. Errors: `configuration` with
 * DuckDB's own words for a wrong statement; `lake-unwritable` for data files that cannot be read.
 */
export async function queryLake(sql: string, tables: readonly TableScan[]): Promise<QueryAnswer> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    await connection.run(`CREATE SCHEMA ${LAKE_SCHEMA}; SET schema = '${LAKE_SCHEMA}'`);
    for (const table of tables) await openTable(connection, table);
    for (const table of withSourceNames(tables)) await nameAsInSource(connection, table);
    await lockUp(connection, tables);
    return await runStatement(connection, sql);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Holds the tables by their names in the lake; no schema of a source begins with pg_. */
const LAKE_SCHEMA = 'pg_lake';

async function openTable(connection: DuckDBConnection, table: TableScan): Promise<void> {
  try {
    await connection.run(createView(table));
  } catch (cause) {
    throw new PermafrostError('lake-unwritable', `a data file of the table ${table.name} cannot be read`, {
      cure: 'check that the lake is whole and readable; every snapshot names its files',
      cause,
    });
  }
}

/**
 * The tables that `schema.name` of the source leads to. A name that is another's but for its case, or that the lake holds
 * twice, leads to none: DuckDB does not tell them apart, and the rows of the wrong one would be the answer.
 */
function withSourceNames(tables: readonly TableScan[]): readonly NamedTable[] {
  const named = tables.flatMap(({ name, source }) => (source === undefined ? [] : [{ name, source }]));
  const alike = Map.groupBy(named, ({ source }) =>
    JSON.stringify([source.schema, source.name]).toLowerCase(),
  );
  return [...alike.values()].flatMap((group) => (group.length === 1 ? group : []));
}

type NamedTable = { readonly name: string; readonly source: NonNullable<TableScan['source']> };

async function nameAsInSource(connection: DuckDBConnection, { name, source }: NamedTable): Promise<void> {
  const schema = `memory.${quoteName(source.schema)}`;
  await connection.run(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  const rows = `memory.${LAKE_SCHEMA}.${quoteName(name)}`;
  await connection.run(`CREATE VIEW ${schema}.${quoteName(source.name)} AS FROM ${rows}`);
}

/** From here on only the files of the tables can be opened, and no statement can change that. */
async function lockUp(connection: DuckDBConnection, tables: readonly TableScan[]): Promise<void> {
  const files = tables.flatMap((table) => table.files).map(quoteLiteral);
  await connection.run(`SET allowed_paths = [${files.join(', ')}]`);
  await connection.run('SET enable_external_access = false; SET lock_configuration = true');
}

async function runStatement(connection: DuckDBConnection, sql: string): Promise<QueryAnswer> {
  try {
    const statement = await onlyStatement(connection, sql);
    const reader = await statement.runAndReadAll();
    const wholeNumbers = reader.columnTypes().map(({ typeId }) => WHOLE_NUMBERS.has(typeId));
    return {
      columns: reader.deduplicatedColumnNames(),
      rows: reader
        .getRowsJson()
        .map((row) => row.map((value, index) => (wholeNumbers[index] ? toSafeNumber(value) : value))),
    };
  } catch (error) {
    if (error instanceof PermafrostError) throw error;
    throw wrongStatement(error instanceof Error ? error.message : String(error));
  }
}

/** Of several only the last would be answered. DuckDB has no words for none at all. COPY would write into the lake. */
async function onlyStatement(connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement> {
  if (sql.trim() === '') throw wrongStatement('there is no statement');
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) throw wrongStatement(`one statement is answered, not ${statements.count}`);
  const statement = await statements.prepare(0);
  if (statement.statementType === StatementType.SELECT) return statement;
  throw wrongStatement(
    'only a statement that reads is answered: SELECT, FROM, WITH, DESCRIBE, SHOW, SUMMARIZE',
  );
}

/** Types that DuckDB's JSON has as text whatever their value. */
const WHOLE_NUMBERS: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
]);

function toSafeNumber(value: unknown): unknown {
  return typeof value === 'string' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function wrongStatement(message: string): PermafrostError {
  return new PermafrostError('configuration', message, {
    cure: 'correct the statement; "permafrost tables" lists the tables of the lake',
  });
}

/** Columns are matched by field id, so that a renamed or added column reads right in every night. */
function createView(table: TableScan): string {
  const where = table.night === undefined ? '' : ` WHERE dt = DATE ${quoteLiteral(table.night)}`;
  return `CREATE VIEW ${quoteName(table.name)} AS SELECT * FROM ${readFiles(table)}${where}`;
}

function readFiles({ fields, files }: TableScan): string {
  const columns = fields.map(({ id, name, type }) => ({ id, name, type: toDuckdbType(type) }));
  if (files.length === 0) {
    const nothing = columns.map(({ name, type }) => `NULL::${type} AS ${quoteName(name)}`).join(', ');
    return `(SELECT ${nothing} WHERE false)`;
  }
  const schema = columns.map(
    ({ id, name, type }) =>
      `${id}: {name: ${quoteLiteral(name)}, type: ${quoteLiteral(type)}, default_value: NULL}`,
  );
  return `read_parquet([${files.map(quoteLiteral).join(', ')}], schema = MAP {${schema.join(', ')}}, hive_partitioning = false)`;
}

function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
