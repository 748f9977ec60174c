import { randomUUID } from 'node:crypto';
import type { Catalog } from '../catalog/catalog.ts';
import { PermafrostError } from '../errors.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import { openSession } from '../postgres/session.ts';
import { listTables } from '../postgres/list-tables.ts';
import { readSystemIdentifier } from '../postgres/snapshot-transaction.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { requireOwnLake } from './lake-owner.ts';
import { type NightRequest, tableLabel } from './night.ts';
import { AD_HOC, chooseTables } from './plan-night.ts';
import { readKnownTable } from './table-properties.ts';

export type PreflightDeps = {
  readonly connection: ConnectionSettings;
  readonly store: ObjectStore;
  readonly catalog: Catalog;
  readonly formerSource: string | undefined;
};

/**
 * Finds out before a night is started by hand what would otherwise be retried for hours: a source that does not answer
 * or refuses us, tables that are not there, a lake that cannot be written or is not ours.
 */
export async function checkNight(request: NightRequest, deps: PreflightDeps): Promise<void> {
  const { tables, identity } = await checkSource(request, deps);
  await checkLake(deps.store);
  await requireOwnLake(deps, identity, deps.formerSource);
  for (const table of tables) {
    const loaded = await deps.catalog.loadTable(table.lakeTable);
    if (loaded !== undefined) readKnownTable(loaded, identity, table, deps.formerSource);
  }
}

async function checkSource(request: NightRequest, deps: PreflightDeps) {
  const session = await openSession(deps.connection, { applicationName: 'permafrost preflight' });
  try {
    const { tables, missing, excluded } = await chooseTables(request, (patterns) =>
      listTables(session, patterns),
    );
    // A table that only the set names is a table that the night reports as missing.
    if (missing.length > 0 && request.tables.length > 0) {
      const where = request.set === AD_HOC ? 'the source' : `the set ${request.set}, or not in the source`;
      throw new PermafrostError('table-not-found', `not in ${where}: ${missing.join(', ')}`, {
        cure:
          request.set === AD_HOC
            ? 'correct the name (schema.table, case matters), or take it out of the request'
            : `correct the name, add it to tables/${request.set}.ts, or archive it without --set (PERMAFROST_SET)`,
      });
    }
    if (tables.length === 0 && request.set !== AD_HOC) {
      throw new PermafrostError(
        'table-not-found',
        `the source has none of the ${missing.length} tables of the set ${request.set}`,
        { cure: "name another set or source; a database of your own is archived with --tables 'public.*'" },
      );
    }
    if (tables.length === 0) {
      const [left] = excluded;
      const why = left === undefined ? '' : `: ${tableLabel(left)} is left out (${left.rule})`;
      throw new PermafrostError('table-not-found', `nothing that was asked for can be archived${why}`, {
        cure: "name tables, for example --tables 'public.*', and a view by its full name",
      });
    }
    const identity = {
      database: deps.connection.database,
      systemIdentifier: await readSystemIdentifier(session),
    };
    return { tables, identity };
  } finally {
    await session.close();
  }
}

/** Writes and removes a probe beside the tables, where no reader looks. */
async function checkLake(store: ObjectStore): Promise<void> {
  const probe = `.permafrost-probe-${randomUUID()}`;
  await store.putIfAbsent(probe, new Uint8Array());
  await store.delete(probe);
}
