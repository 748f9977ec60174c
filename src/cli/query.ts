import { Command } from 'commander';
import { planQuery, type TableScan } from '../archive/plan-query.ts';
import { listLakeTables } from '../archive/read-lake.ts';
import { type Lake, openLake } from '../composition.ts';
import { readConfig } from '../config.ts';
import { PermafrostError } from '../errors.ts';
import { queryLake } from '../query/duckdb-query.ts';
import { parseNight } from './night-options.ts';
import { say } from './terminal.ts';
import { layOutTable } from './text-table.ts';

/** `permafrost query "select …"`: SQL over the lake. */
export function queryCommand(): Command {
  return new Command('query')
    .description('run SQL over the lake; every table holds all its nights, in the column dt')
    .argument(
      '<sql>',
      'one SELECT statement in DuckDB SQL; tables by their names in the lake, or as schema.name of the source',
    )
    .option('--lake <folder>', 'the lake (PERMAFROST_LAKE)')
    .option('--as-of <date>', 'only the newest night on or before this date (yyyy-mm-dd)')
    .option('--json', 'as JSON, one object per row')
    .action(async (sql: string, options: { lake?: string; asOf?: string; json?: boolean }) => {
      const asOf = options.asOf === undefined ? undefined : parseNight(options.asOf, '--as-of');
      const { catalog, store } = openLake(readConfig({ lake: options.lake }).lake);
      const tables = await planQuery(catalog, store, asOf);
      const answer = await queryLake(sql, tables).catch(async (error: unknown) => {
        throw await explainMissing(error, catalog, tables, asOf);
      });
      if (options.json) {
        const objects = answer.rows.map((row) =>
          Object.fromEntries(answer.columns.map((column, index) => [column, row[index]])),
        );
        say(JSON.stringify(objects, undefined, 2));
        return;
      }
      say(
        layOutTable(
          answer.columns.map((title) => ({ title, align: 'left' })),
          answer.rows.map((row) => row.map(printValue)),
        ),
      );
    });
}

/** A table that began later than the date is not there for the statement; that is worth a better word than DuckDB's. */
async function explainMissing(
  error: unknown,
  catalog: Lake['catalog'],
  begun: readonly TableScan[],
  asOf: string | undefined,
): Promise<unknown> {
  if (asOf === undefined || !(error instanceof PermafrostError)) return error;
  const [, missing] = /Table with name "?(.+?)"? does not exist/.exec(error.message) ?? [];
  if (missing === undefined) return error;
  const later = (await listLakeTables(catalog)).find(
    ({ name, source }) =>
      (name === missing || source === missing || source.endsWith(`.${missing}`)) &&
      !begun.some((table) => table.name === name),
  );
  if (later === undefined) return error;
  return new PermafrostError('lake-not-found', `the table ${later.name} has no night on or before ${asOf}`, {
    cure: `ask as of a later date: permafrost history ${later.name} lists its nights`,
  });
}

function printValue(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
