import {
  ApplicationFailure,
  CancellationScope,
  condition,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import type { ArchiveActivities } from '../activities/archive-activities.ts';
import type { ConsistencyGroup } from '../src/archive/night.ts';
import { retryRuleOf } from '../src/retry-policy.ts';
import { type NamedFailure, readFailure } from '../src/temporal/failure-mapping.ts';
import { snapshotExported } from '../src/temporal/night-messages.ts';
import { holdingSnapshot, snapshotPatience } from './activity-options.ts';

/** The exported snapshots of a night: one, unless the session that holds it dies. */
export type HeldSnapshots = {
  /** Every snapshot so far, oldest first; each is a consistency group. */
  readonly groups: readonly ConsistencyGroup[];
  /** Runs a step under the snapshot that is held now, and again under the next one when that is lost meanwhile. */
  under<T>(step: (group: ConsistencyGroup) => Promise<T>): Promise<T>;
  /** Ends the snapshot transaction; resolves when its holder has let it go. Never rejects. */
  close(): Promise<void>;
};

/** Starts the holder: an activity that keeps the snapshot transaction open and signals each snapshot it exports. */
export function holdSnapshots(onExported: (groups: readonly ConsistencyGroup[]) => void): HeldSnapshots {
  const groups = collectExports(onExported);
  const scope = new CancellationScope();
  let end: NamedFailure | undefined;

  const hold = async (): Promise<void> => {
    const { holdSnapshot } = proxyActivities<ArchiveActivities>(holdingSnapshot);
    try {
      await scope.run(() => holdSnapshot());
      end = { code: 'snapshot-lost', message: 'the snapshot holder ended before the night' };
    } catch (error) {
      end = readFailure(error);
    }
  };
  const holding = hold();

  const nextAfter = async (lost: ConsistencyGroup | undefined): Promise<ConsistencyGroup> => {
    const held = (): ConsistencyGroup | undefined => {
      const latest = groups.at(-1);
      return latest === lost ? undefined : latest;
    };
    const settled = (): boolean => end !== undefined || held() !== undefined;
    // Asked first, since waiting starts a timer in the history.
    if (!settled()) await condition(settled, snapshotPatience);
    const group = held();
    if (end !== undefined || group === undefined) throw withoutSnapshot(end);
    return group;
  };

  return {
    groups,
    async under(step) {
      for (let lost: ConsistencyGroup | undefined; ;) {
        const group = await nextAfter(lost);
        try {
          return await step(group);
        } catch (error) {
          if (retryRuleOf(readFailure(error).code) !== 'under-new-snapshot') throw error;
          lost = group;
        }
      }
    },
    close() {
      scope.cancel();
      return holding;
    },
  };
}

/**
 * Listens for exported snapshots. Each attempt of the holder exports one: their numbers tell them apart, since Postgres
 * gives out the same ids again after a restart. An earlier attempt that comes to life again is not believed.
 */
function collectExports(
  onExported: (groups: readonly ConsistencyGroup[]) => void,
): readonly ConsistencyGroup[] {
  const groups: ConsistencyGroup[] = [];
  let lastAttempt = 0;
  setHandler(snapshotExported, ({ attempt, ...snapshot }) => {
    if (attempt <= lastAttempt) return;
    lastAttempt = attempt;
    groups.push({ letter: groupLetter(groups.length), ...snapshot });
    onExported(groups);
  });
  return groups;
}

function withoutSnapshot(end: NamedFailure | undefined): ApplicationFailure {
  return ApplicationFailure.create({
    type: end?.code ?? 'source-unreachable',
    message: end?.message ?? `no snapshot of the source was exported within ${snapshotPatience}`,
    nonRetryable: true,
    details: [{ cure: end?.cure ?? 'see that the source database answers, then archive the night again' }],
  });
}

/** A, B, … Z, A1, B1, … */
function groupLetter(index: number): string {
  const round = Math.floor(index / 26);
  return String.fromCharCode(65 + (index % 26)) + (round === 0 ? '' : String(round));
}
