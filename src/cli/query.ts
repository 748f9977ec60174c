import { Command } from 'commander';
import { planQuery } from '../archive/plan-query.ts';
import { openLake } from '../composition.ts';
import { readConfig } from '../config.ts';
import { queryLake } from '../query/duckdb-query.ts';
import { parseNight } from './night-options.ts';
import { say } from './terminal.ts';
import { layOutTable } from './text-table.ts';

/** `permafrost query "select …"`: SQL over the lake. */
export function queryCommand(): Command {
  return new Command('query')
    .description('run SQL over the lake; every table holds all its nights, in the column dt')
    .argument('<sql>', 'one SELECT statement in DuckDB SQL')
    .option('--lake <folder>', 'the lake (PERMAFROST_LAKE)')
    .option('--as-of <date>', 'only the newest night on or before this date (yyyy-mm-dd)')
    .option('--json', 'as JSON, one object per row')
    .action(async (sql: string, options: { lake?: string; asOf?: string; json?: boolean }) => {
      const asOf = options.asOf === undefined ? undefined : parseNight(options.asOf, '--as-of');
      const { catalog, store } = openLake(readConfig({ lake: options.lake }).lake);
      const answer = await queryLake(sql, await planQuery(catalog, store, asOf));
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

function printValue(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
