import type { Archiver } from '../src/archive/archiver.ts';
import { createArchiveTable } from './archive-table.ts';
import { createDrillNight } from './drill-night.ts';
import { createHoldSnapshot } from './hold-snapshot.ts';
import { createPlanNight } from './plan-night.ts';
import { createKeepReport, createSendReport } from './send-report.ts';

export type ActivitySettings = {
  /** `https://…` of the Temporal UI, for links in reports. */
  readonly uiUrl?: string;
  readonly namespace: string;
};

/** The steps of a night, each a thin adapter over one use case. */
export function createActivities(archiver: Archiver, settings: ActivitySettings) {
  return {
    holdSnapshot: createHoldSnapshot(archiver),
    planNight: createPlanNight(archiver),
    archiveTable: createArchiveTable(archiver),
    drillNight: createDrillNight(archiver),
    sendReport: createSendReport(archiver, settings),
    keepReport: createKeepReport(archiver, settings),
  };
}

/** What workflows know of the activities: their types. */
export type ArchiveActivities = ReturnType<typeof createActivities>;
