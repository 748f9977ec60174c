import { type ConnectionSettings, describeSource } from '../postgres/connection-settings.ts';
import { findLargeObjects } from '../postgres/find-large-objects.ts';
import { type ListedTable, listTables, type TableListing } from '../postgres/list-tables.ts';
import { readSourceWarnings } from '../postgres/source-health.ts';
import { parseTablePattern, type TableName } from '../postgres/table-pattern.ts';
import type { Catalog } from '../catalog/catalog.ts';
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
import { claimLake } from './lake-owner.ts';
import { accountForAll, keyOf } from './plan-account.ts';
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
  readonly catalog: Catalog;
  readonly formerSource: string | undefined;
};

/** Name of the set of a night that is asked for by patterns alone. */
export const AD_HOC = 'adhoc';

/**
 * Says which tables the night holds, and why any other table of the source is left out: none is passed over. Error:
 * `integrity` should one be, through a defect of ours; `lake-foreign` for a lake of another database.
 */
export async function planNight(
  request: DatedNightRequest,
  snapshot: ExportedSnapshot,
  deps: PlanNightDeps,
  signal?: AbortSignal,
): Promise<NightPlan> {
  await claimLake(deps, snapshot, deps.formerSource);
  const { chosen, largeObjects, warnings } = await deps.reader.read(
    snapshot,
    async (session) => ({
      chosen: await chooseTables(request, (patterns) => listTables(session, patterns)),
      largeObjects: await findLargeObjects(session),
      warnings: await readSourceWarnings(session),
    }),
    signal,
  );
  return {
    night: request.night,
    set: request.set,
    source: describeSource(deps.connection),
    lake: deps.store.rootUri,
    tables: chosen.tables.toSorted((a, b) => b.estimatedBytes - a.estimatedBytes),
    excluded: [...largeObjects, ...chosen.excluded],
    missing: chosen.missing,
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** Parts the tables of the source by what is asked for; without patterns `list` gives all of them. */
export async function chooseTables(
  request: NightRequest,
  list: (patterns?: readonly string[]) => Promise<TableListing>,
): Promise<Chosen> {
  if (request.set === AD_HOC) {
    return chooseByPatterns(await list(request.tables), request.tables);
  }
  const chosen = chooseBySet(await list(), await loadSourceSet(request.set));
  return narrow(chosen, request.tables);
}

type Chosen = Pick<NightPlan, 'tables' | 'excluded' | 'missing'>;

function chooseByPatterns(listing: TableListing, patterns: readonly string[]): Chosen {
  const exact = patterns.map(parseTablePattern).filter((pattern) => pattern.exact);
  const isNamed = (table: TableName) => exact.some((pattern) => pattern.matches(table));
  return accountForAll(listing, {
    tables: [...listing.tables, ...listing.onlyByName.filter(isNamed)].map((table) =>
      plan(table, { ...DEFAULT_RULES, lakeTable: lakeTableName(table.schema, table.name) }),
    ),
    excluded: [...listing.onlyByName.filter((table) => !isNamed(table)).map(exclude), ...listing.excluded],
    missing: listing.missing,
  });
}

/**
 * Parts the tables of the source by the definitions and rules of a set. What no rule speaks of comes first among what is
 * left out: it is what a person has to look at.
 */
export function chooseBySet(listing: TableListing, set: SourceSet): Chosen {
  const defined = new Map(set.tables.map((table) => [keyOf(table), table]));
  const definitionOf = (table: ListedTable) => defined.get(keyOf(table)) ?? inherited(table, defined);
  const rules = set.exclude.map(({ pattern, rule }) => ({ rule, pattern: parseTablePattern(pattern) }));
  const ruleFor = (table: TableName) => rules.find(({ pattern }) => pattern.matches(table))?.rule;

  const tables: PlannedTable[] = [];
  const uncovered: ExcludedTable[] = [];
  const excluded: ExcludedTable[] = [];
  for (const table of listing.tables) {
    const definition = definitionOf(table);
    const rule = ruleFor(table);
    if (definition !== undefined) tables.push(plan(table, definition));
    else if (rule !== undefined) excluded.push(exclude({ ...table, rule }));
    else uncovered.push(exclude({ ...table, rule: uncoveredBy(set) }));
  }
  for (const table of listing.onlyByName) {
    const definition = defined.get(keyOf(table));
    if (definition !== undefined) tables.push(plan(table, definition));
    else excluded.push(exclude({ ...table, rule: ruleFor(table) ?? table.rule }));
  }
  const present = new Set([...tables, ...listing.excluded].map(keyOf));
  return accountForAll(listing, {
    tables,
    excluded: [...uncovered, ...excluded, ...listing.excluded],
    missing: set.tables.filter((table) => !present.has(keyOf(table))).map(tableLabel),
  });
}

/** A definition of a partitioned table covers its partitions, each as a table of its own. */
function inherited(
  table: ListedTable,
  defined: ReadonlyMap<string, TableDefinition>,
): TableDefinition | undefined {
  const [rules] = table.partOf.flatMap((ancestor) => defined.get(keyOf(ancestor)) ?? []);
  return rules === undefined ? undefined : { ...rules, lakeTable: lakeTableName(table.schema, table.name) };
}

function uncoveredBy({ name }: SourceSet): string {
  return `no rule covers it: add it to tables/${name}.ts, or exclude it there`;
}

function exclude({ schema, name, rule }: ExcludedTable): ExcludedTable {
  return { schema, name, rule };
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
  table: ListedTable,
  rules: Pick<TableDefinition, 'lakeTable' | 'specialValues' | 'boundsOff'>,
): PlannedTable {
  return {
    schema: table.schema,
    name: table.name,
    oid: table.oid,
    ...(table.kind === 'table' ? {} : { kind: table.kind }),
    lakeTable: rules.lakeTable,
    estimatedRows: table.estimatedRows,
    estimatedBytes: table.bytes,
    specialValues: rules.specialValues,
    boundsOff: rules.boundsOff,
  };
}
