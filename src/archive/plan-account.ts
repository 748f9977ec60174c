import { PermafrostError } from '../errors.ts';
import type { TableListing } from '../postgres/list-tables.ts';
import type { TableName } from '../postgres/table-pattern.ts';
import { type NightPlan, tableLabel } from './night.ts';

/** Tells tables apart whose names hold dots. */
export function keyOf({ schema, name }: TableName): string {
  return JSON.stringify([schema, name]);
}

const MOST_NAMED = 10;

/**
 * Makes sure that what is planned and what is excluded is together what was listed, each relation once, and that no two
 * tables share a folder of the lake. Anything else is a defect of ours, which would leave rows out in silence. Error:
 * `integrity`.
 */
export function accountForAll<T extends Pick<NightPlan, 'tables' | 'excluded'>>(
  { tables, onlyByName, excluded }: TableListing,
  chosen: T,
): T {
  const open = new Map([...tables, ...onlyByName, ...excluded].map((table) => [keyOf(table), table]));
  const wrong = [...chosen.tables, ...chosen.excluded].filter((table) => !open.delete(keyOf(table)));
  const folders = new Map(chosen.tables.map((table) => [table.lakeTable, table]));
  const shared = chosen.tables.filter((table) => folders.get(table.lakeTable) !== table);
  refuse('are neither planned nor excluded', [...open.values()]);
  refuse('are planned or excluded twice, or are not there', wrong);
  refuse('have the folder of another table', shared);
  return chosen;
}

function refuse(what: string, tables: readonly TableName[]): void {
  if (tables.length === 0) return;
  const named = tables.slice(0, MOST_NAMED).map(tableLabel).join(', ');
  const more = tables.length > MOST_NAMED ? ` and ${tables.length - MOST_NAMED} more` : '';
  throw new PermafrostError('integrity', `the plan of the night is not whole: ${named}${more} ${what}`, {
    cure: 'report this as a defect; nothing was archived',
  });
}
