import type { Catalog } from '../catalog/catalog.ts';
import type { Clock } from '../clock.ts';
import type { Mailer } from '../mail/mailer.ts';
import { composeNightReport } from '../mail/night-report.ts';
import { type ConnectionSettings, describeSource } from '../postgres/connection-settings.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { StoreLocation } from '../storage/open-store.ts';
import { archiveTable } from './archive-table.ts';
import type { Archiver } from './archiver.ts';
import { createDefinitionReader } from './definition-reader.ts';
import type { ExportPool } from './export-pool.ts';
import { holdSnapshot } from './hold-snapshot.ts';
import type { NightResult } from './night.ts';
import { usefulStreams } from './plan-chunks.ts';
import { planNight } from './plan-night.ts';
import type { SnapshotReader } from './snapshot-reader.ts';
import { createWhereabouts } from './table-whereabouts.ts';

export type ArchiverDeps = {
  readonly connection: ConnectionSettings;
  readonly reader: SnapshotReader;
  readonly catalog: Catalog;
  readonly store: ObjectStore;
  readonly storeLocation: StoreLocation;
  readonly pool: ExportPool;
  readonly mailer: Mailer;
  readonly clock: Clock;
  readonly formerSource: string | undefined;
  readonly drillNight: Archiver['drillNight'];
};

/** The use cases over one source and one lake. */
export function createArchiver(deps: ArchiverDeps): Archiver {
  const whereabouts = createWhereabouts(deps.catalog);
  const definitions = createDefinitionReader(deps.reader);
  return {
    openSnapshot: (signal) => holdSnapshot(deps.connection, signal),
    async planNight(request, snapshot, signal) {
      const plan = await planNight(request, snapshot, deps, signal);
      definitions.expect(snapshot, plan.tables);
      deps.pool.warm(usefulStreams(plan.tables));
      return plan;
    },
    archiveTable: (input, options) => archiveTable(input, options, { ...deps, whereabouts, definitions }),
    drillNight: deps.drillNight,
    sendReport: (result) => deps.mailer.send(composeNightReport(placed(result, deps))),
    keepReport: (result) => deps.mailer.keep(composeNightReport(placed(result, deps))),
  };
}

/** A night without a plan does not know where it would have read and written. */
function placed(result: NightResult, { connection, store }: ArchiverDeps): NightResult {
  return {
    ...result,
    source: result.source || describeSource(connection),
    lake: result.lake || store.rootUri,
  };
}
