import { type ConnectionSettings, describeSource } from '../postgres/connection-settings.ts';
import { listTables, type TableListing } from '../postgres/list-tables.ts';
import { parseTablePattern } from '../postgres/table-pattern.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { DatedNightRequest } from './archiver.ts';
import {
  type ExcludedTable,
  type ExportedSnapshot,
  type NightPlan,
  type NightRequest,
  type PlannedTable,
  tableLabel,
} from './night.ts';
import type { SnapshotReader } from './snapshot-reader.ts';
import {
  DEFAULT_RULES,
  lakeTableName,
  loadSourceSet,
  type SourceSet,
  type TableDefinition,
} from './source-set.ts';

export type PlanNightDeps = {
  readonly connection: ConnectionSettings;
  readonly reader: SnapshotReader;
  readonly store: ObjectStore;
};

/** Name of the set of a night that is asked for by patterns alone. */
export const AD_HOC = 'adhoc';

/** Says which tables the night holds, and why any other table of the source is left out: none is passed over. */
export async function planNight(
  request: DatedNightRequest,
  snapshot: ExportedSnapshot,
  deps: PlanNightDeps,
  signal?: AbortSignal,
): Promise<NightPlan> {
  const chosen = await deps.reader.read(
    snapshot,
    (session) => chooseTables(request, (patterns) => listTables(session, patterns)),
    signal,
  );
  return {
    night: request.night,
    set: request.set,
    source: describeSource(deps.connection),
    lake: deps.store.rootUri,
    ...chosen,
    tables: chosen.tables.toSorted((a, b) => b.estimatedBytes - a.estimatedBytes),
  };
}

/** Parts the tables of the source by what is asked for; without patterns `list` gives all of them. */
export async function chooseTables(
  request: NightRequest,
  list: (patterns?: readonly string[]) => Promise<TableListing>,
): Promise<Chosen> {
  if (request.set === AD_HOC) return chooseByPatterns(await list(request.tables));
  return narrow(chooseBySet(await list(), await loadSourceSet(request.set)), request.tables);
}

type Chosen = Pick<NightPlan, 'tables' | 'excluded' | 'missing'>;

function chooseByPatterns(listing: TableListing): Chosen {
  return {
    tables: listing.tables.map((table) =>
      plan(table, { ...DEFAULT_RULES, lakeTable: lakeTableName(table.schema, table.name) }),
    ),
    excluded: listing.excluded,
    missing: listing.missing,
  };
}

function chooseBySet(listing: TableListing, set: SourceSet): Chosen {
  const tables: PlannedTable[] = [];
  const excluded: ExcludedTable[] = [];
  for (const table of listing.tables) {
    const defined = set.tables.find((candidate) => isSame(candidate, table));
    if (defined !== undefined) tables.push(plan(table, defined));
    else excluded.push({ schema: table.schema, name: table.name, rule: ruleFor(table, set) });
  }
  const present = new Set(tables.map(tableLabel));
  return {
    tables,
    excluded: [...excluded, ...listing.excluded],
    missing: set.tables.map(tableLabel).filter((label) => !present.has(label)),
  };
}

function ruleFor(table: { readonly schema: string; readonly name: string }, set: SourceSet): string {
  const rule = set.exclude.find(({ pattern }) => parseTablePattern(pattern).matches(table));
  return rule?.rule ?? `no rule covers it: add it to tables/${set.name}.ts, or exclude it there`;
}

/** Keeps what the patterns name; none keep everything. */
function narrow(chosen: Chosen, patterns: readonly string[]): Chosen {
  if (patterns.length === 0) return chosen;
  const wanted = patterns.map(parseTablePattern);
  return {
    tables: chosen.tables.filter((table) => wanted.some((pattern) => pattern.matches(table))),
    excluded: [],
    missing: wanted
      .filter((pattern) => !chosen.tables.some((table) => pattern.matches(table)))
      .map((pattern) => pattern.text),
  };
}

function plan(
  table: TableListing['tables'][number],
  rules: Pick<TableDefinition, 'lakeTable' | 'specialValues' | 'boundsOff'>,
): PlannedTable {
  return {
    schema: table.schema,
    name: table.name,
    oid: table.oid,
    lakeTable: rules.lakeTable,
    estimatedRows: table.estimatedRows,
    estimatedBytes: table.bytes,
    specialValues: rules.specialValues,
    boundsOff: rules.boundsOff,
  };
}

function isSame(a: { schema: string; name: string }, b: { schema: string; name: string }): boolean {
  return a.schema === b.schema && a.name === b.name;
}
