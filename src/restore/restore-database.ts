import { PermafrostError } from '../errors.ts';
import { type ConnectionSettings, describeSource } from '../postgres/connection-settings.ts';
import { quoteTable } from '../postgres/quote.ts';
import { loadRows } from '../postgres/load/load-rows.ts';
import {
  adoptLocale,
  listRelations,
  makeObject,
  makeWhatCan,
  openTarget,
  requireExtensions,
  requireVacant,
  setSequenceByRows,
} from '../postgres/load/restore-target.ts';
import { setSequences } from '../postgres/schema/sequences.ts';
import {
  isDefinition,
  type ObjectName,
  planReplay,
  refKey,
  type ReplayPlan,
  type SchemaStatement,
} from '../postgres/schema/statement.ts';
import type { Session } from '../postgres/session.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { FrozenTable } from './frozen-table.ts';
import { orderByForeignKeys } from './load-order.ts';
import {
  labelOf,
  type LeftOut,
  missingOf,
  tellKept,
  tellLeftOut,
  tellRefused,
  tellUnread,
} from './left-out.ts';
import { readBack } from './read-back.ts';
import { type RestoredTable, type RestoreWatcher, toRestoredTable } from './restored-table.ts';
import { notAsArchived, partsOf, readFrozenRows, wireColumnsOf } from './read-frozen-rows.ts';

export type DatabaseRestoreOptions = {
  readonly target: ConnectionSettings;
  /** True: what is in the database stays, and tables that are there already and empty are filled. */
  readonly besideOthers: boolean;
  /** True: also triggers, rules, owners and grants, which speak of roles and functions that others own. */
  readonly everything: boolean;
  readonly signal: AbortSignal;
  readonly watch: RestoreWatcher;
};

export type DatabaseRestore = {
  readonly tables: readonly RestoredTable[];
  readonly leftOut: readonly LeftOut[];
};

type Restoring = DatabaseRestoreOptions & {
  readonly session: Session;
  readonly store: ObjectStore;
};

/**
 * Makes the tables of a night in a database, with all that they need, loads their rows, proves that they are those of
 * the night, and then adds constraints, indexes and sequence values. All of it in one transaction: it is there whole, or
 * not at all. Only a constraint, an index or the like that the server refuses is left out, and told.
 *
 * Errors: `target-unsuitable` for a database that is not empty, or does not take the tables; `integrity` when rows are
 * not those that were archived; `cancelled`; those of the connection.
 */
export async function restoreDatabase(
  tables: readonly FrozenTable[],
  store: ObjectStore,
  options: DatabaseRestoreOptions,
): Promise<DatabaseRestore> {
  const session = await openTarget(options.target, options.signal);
  try {
    const restore = await restoreWithin({ ...options, session, store }, tables);
    await session.query('COMMIT', [], 'making the restored tables visible');
    return restore;
  } finally {
    await session.close();
  }
}

async function restoreWithin(restoring: Restoring, tables: readonly FrozenTable[]): Promise<DatabaseRestore> {
  const { session, besideOthers, everything } = restoring;
  if (!besideOthers) await requireEmpty(session);
  const plan = planTables(tables, everything);
  await requireExtensions(session, namesOf(plan, 'extension'));
  const present = await makeTables(session, plan, besideOthers);
  const [database] = tables.map(({ ddl }) => ddl.database);
  if (database !== undefined) await adoptLocale(session, database);
  const restored: RestoredTable[] = [];
  for (const table of orderByForeignKeys(tables)) {
    restored.push(
      await restoreTable(restoring, table, present.has(refKey({ kind: 'table', ...nameOf(table) }))),
    );
  }
  const isNew = ({ of }: SchemaStatement) => !present.has(refKey(of));
  const refused = await makeWhatCan(session, plan.postData.filter(isNew));
  const made = plan.preData.filter(isNew);
  const unset = await setUnreadSequences(session, tables, made);
  return {
    tables: restored,
    leftOut: [
      ...plan.leftOut.map(tellLeftOut),
      ...tellPresent(plan, present),
      ...refused.map(tellRefused),
      ...unset,
    ],
  };
}

async function requireEmpty(session: Session): Promise<void> {
  const relations = await listRelations(session);
  if (relations.length === 0) return;
  const shown = relations.slice(0, 3).join(', ');
  throw new PermafrostError(
    'target-unsuitable',
    `${describeSource(session.settings)} is not empty: it has ${shown}${relations.length > 3 ? ' …' : ''}`,
    { cure: 'restore into an empty database, or let what is there stay with --beside-others' },
  );
}

function planTables(tables: readonly FrozenTable[], everything: boolean): ReplayPlan {
  const statements = tables
    .flatMap(({ ddl }) => ddl.table.statements)
    .filter(({ restoredByDefault }) => everything || restoredByDefault);
  const values = tables.flatMap(({ sequences }) => sequences);
  const plan = planReplay([...statements, ...setSequences(values, statements)]);
  const lost = plan.leftOut.find(({ statement }) => statement.kind === 'table' && isDefinition(statement));
  if (lost === undefined) return plan;
  throw new PermafrostError(
    'target-unsuitable',
    `the table ${labelOf(lost.statement.of)} needs ${missingOf(lost)}, which is not archived`,
    { cure: 'restore this table into a folder, and the others by naming them with --tables' },
  );
}

/** Makes what must be there before the rows; gives what was there already, and is left as it is. */
async function makeTables(
  session: Session,
  plan: ReplayPlan,
  keepExisting: boolean,
): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  for (const statement of plan.preData) {
    if (present.has(refKey(statement.of))) continue;
    const made = await makeObject(session, statement, { keepExisting });
    if (made === 'exists' && isDefinition(statement)) present.add(refKey(statement.of));
  }
  return present;
}

async function restoreTable(
  { session, store, signal, watch }: Restoring,
  table: FrozenTable,
  wasPresent: boolean,
): Promise<RestoredTable> {
  const startedAt = performance.now();
  const doing = `restoring ${table.schema}.${table.name}`;
  if (wasPresent) await requireVacant(session, table, doing);
  const batches = readFrozenRows(store, table, { doing, signal });
  const loaded = await loadRows(session.client, table, wireColumnsOf(table), batches, {
    doing,
    signal,
    intoNewTable: !wasPresent,
    parts: partsOf(table),
    onProgress: (rows) => watch.progressed(table, rows),
  });
  requireSameRows(table, loaded, doing);
  const found = await readBack(session, table, { withRowSet: loaded.rowSetHash !== undefined, signal });
  const isSame =
    loaded.rowSetHash === undefined
      ? found.rowsHash === table.rowsHash
      : found.rowSetHash === loaded.rowSetHash;
  if (!isSame) throw notAsArchived(doing, 'what the database holds now is not the rows');
  const restored = toRestoredTable(table, startedAt);
  watch.restored(restored);
  return restored;
}

function requireSameRows(
  table: FrozenTable,
  found: { readonly rows: number; readonly rowsHash: string },
  doing: string,
): void {
  if (found.rows === table.rows && found.rowsHash === table.rowsHash) return;
  const what =
    found.rows === table.rows ? 'the rows are not those' : `${found.rows} rows instead of the ${table.rows}`;
  throw notAsArchived(doing, what);
}

/** What was there already need not be as it was archived. Schemas and extensions are nothing of ours. */
function tellPresent({ preData }: ReplayPlan, present: ReadonlySet<string>): readonly LeftOut[] {
  return preData
    .filter((statement) => isDefinition(statement) && present.has(refKey(statement.of)))
    .filter(({ kind }) => kind !== 'schema' && kind !== 'extension')
    .map(tellKept);
}

/** Values that were not archived are made from the rows; what then still has none is told. */
async function setUnreadSequences(
  session: Session,
  tables: readonly FrozenTable[],
  made: readonly SchemaStatement[],
): Promise<readonly LeftOut[]> {
  const known = new Set(tables.flatMap(({ sequences }) => sequences.map(quoteTable)));
  const unset: LeftOut[] = [];
  for (const { kind, object } of made) {
    if (kind !== 'sequence' || known.has(quoteTable(object))) continue;
    if (await setSequenceByRows(session, object)) continue;
    unset.push(tellUnread(object));
  }
  return unset;
}

function namesOf(plan: ReplayPlan, kind: SchemaStatement['kind']): readonly string[] {
  return plan.preData.flatMap((statement) => (statement.kind === kind ? [statement.object.name] : []));
}

function nameOf({ schema, name }: ObjectName): ObjectName {
  return { schema, name };
}
