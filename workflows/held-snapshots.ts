import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import type { ConsistencyGroup } from '../src/archive/night.ts';
import { retryRuleOf } from '../src/retry-policy.ts';
import { type NamedFailure, readFailure } from '../src/temporal/failure-mapping.ts';
import { holderActivityId, snapshotExported } from '../src/temporal/night-messages.ts';
import { snapshotPatience } from './activity-options.ts';
import { type SnapshotHolder, startHolder } from './snapshot-holder.ts';

/** The exported snapshots of a night: one, unless the session that holds it dies or the night asks for a newer one. */
export type HeldSnapshots = {
  /** Every snapshot so far, oldest first; each is a consistency group. */
  readonly groups: readonly ConsistencyGroup[];
  /** Runs a step under the snapshot that is held now, and again under the next one when that is lost meanwhile. */
  under<T>(step: (group: ConsistencyGroup) => Promise<T>): Promise<T>;
  /** Lets the snapshot go and has a newer one exported; the steps that follow wait for it. */
  renew(): void;
  /** Ends every snapshot transaction; resolves when the holders have let go. Never rejects. */
  close(): Promise<void>;
};

/** Starts the first holder and listens for the snapshots that holders export. */
export function holdSnapshots(onExported: (groups: readonly ConsistencyGroup[]) => void): HeldSnapshots {
  const exports = collectExports(onExported);
  const { groups } = exports;
  const holders: SnapshotHolder[] = [];
  let outdated: ConsistencyGroup | undefined;

  const start = (): SnapshotHolder => {
    const holder = startHolder(holders.length + 1);
    holders.push(holder);
    exports.believe(holder);
    return holder;
  };
  let holder = start();

  const nextAfter = async (lost: ConsistencyGroup | undefined): Promise<ConsistencyGroup> => {
    const held = (): ConsistencyGroup | undefined => {
      const latest = groups.at(-1);
      return latest === lost || latest === outdated ? undefined : latest;
    };
    const settled = (): boolean => holder.end !== undefined || held() !== undefined;
    // Asked first, since waiting starts a timer in the history.
    if (!settled()) await condition(settled, snapshotPatience);
    const group = held();
    if (holder.end !== undefined || group === undefined) throw withoutSnapshot(holder.end);
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
    renew() {
      void holder.release();
      outdated = groups.at(-1);
      holder = start();
    },
    async close() {
      await Promise.all(holders.map((each) => each.release()));
    },
  };
}

type CollectedExports = {
  readonly groups: readonly ConsistencyGroup[];
  /** From now on only this holder's snapshots count. */
  believe(holder: SnapshotHolder): void;
};

/**
 * Listens for exported snapshots. Each attempt of a holder exports one: their numbers tell them apart, since Postgres
 * gives out the same ids again after a restart. An earlier attempt that comes to life again is not believed.
 */
function collectExports(onExported: (groups: readonly ConsistencyGroup[]) => void): CollectedExports {
  const groups: ConsistencyGroup[] = [];
  let believed: string | undefined;
  let lastAttempt = 0;
  setHandler(snapshotExported, ({ holder = holderActivityId(1), attempt, ...snapshot }) => {
    if (holder !== believed || attempt <= lastAttempt) return;
    lastAttempt = attempt;
    groups.push({ letter: groupLetter(groups.length), ...snapshot });
    onExported(groups);
  });
  return {
    groups,
    believe({ id }) {
      believed = id;
      lastAttempt = 0;
    },
  };
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
