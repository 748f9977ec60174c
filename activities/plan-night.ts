import type { Archiver, DatedNightRequest, ExportedSnapshot } from '../src/archive/archiver.ts';
import { foldExclusions } from '../src/archive/folded-exclusions.ts';
import type { NightPlan } from '../src/archive/night.ts';
import { PermafrostError } from '../src/errors.ts';
import { runStep } from './running-step.ts';

/** What a table takes in the result of a night. */
const resultBytesPerTable = 1_100;
/** Temporal refuses payloads and failures above 2 MB. */
const payloadLimit = 1_800_000;

/**
 * Says which tables the night holds. Exclusions beyond a thousand are counted by rule; a plan whose result would still not
 * fit into a workflow's history is refused.
 */
export function createPlanNight(archiver: Archiver) {
  return function planNight(request: DatedNightRequest, snapshot: ExportedSnapshot): Promise<NightPlan> {
    return runStep(async ({ signal }) => {
      const whole = await archiver.planNight(request, snapshot, signal);
      const plan = { ...whole, excluded: foldExclusions(whole.excluded) };
      if (largestPayload(plan) > payloadLimit) {
        throw new PermafrostError(
          'configuration',
          `${plan.tables.length} tables are too many for the history of one night`,
          {
            cure: 'split the source set, so that each set names at most 1,500 tables, or archive with --no-temporal',
          },
        );
      }
      return plan;
    });
  };
}

function largestPayload(plan: NightPlan): number {
  const listed = Buffer.byteLength(JSON.stringify([plan.excluded, plan.missing]));
  const result = plan.tables.length * resultBytesPerTable + listed;
  return Math.max(result, Buffer.byteLength(JSON.stringify(plan)));
}
