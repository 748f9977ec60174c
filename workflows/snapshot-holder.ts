import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { ArchiveActivities } from '../activities/archive-activities.ts';
import { type NamedFailure, readFailure } from '../src/temporal/failure-mapping.ts';
import { holderActivityId } from '../src/temporal/night-messages.ts';
import { holdingSnapshot } from './activity-options.ts';

/** An activity that keeps a snapshot transaction open and signals each snapshot it exports, one per attempt. */
export type SnapshotHolder = {
  /** Stands in its signals: a holder that was let go is not believed any more. */
  readonly id: string;
  /** Why it holds nothing any more; undefined while it is at work. */
  readonly end: NamedFailure | undefined;
  /** Ends the snapshot transaction; resolves when it has ended. Never rejects. */
  release(): Promise<void>;
};

/** Starts the holder of this number, counted from 1. */
export function startHolder(number: number): SnapshotHolder {
  const scope = new CancellationScope();
  let end: NamedFailure | undefined;

  const hold = async (): Promise<void> => {
    const { holdSnapshot } = proxyActivities<ArchiveActivities>(holdingSnapshot(number));
    try {
      await scope.run(() => holdSnapshot());
      end = { code: 'snapshot-lost', message: 'the snapshot holder ended before the night' };
    } catch (error) {
      end = readFailure(error);
    }
  };
  const holding = hold();

  return {
    id: holderActivityId(number),
    get end() {
      return end;
    },
    release() {
      scope.cancel();
      return holding;
    },
  };
}
