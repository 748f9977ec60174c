import type { ConsistencyGroup } from '../archive/night.ts';

/** Where a night stands, for the `progress` query and people who wait. JSON-safe. */
export type NightProgress = {
  readonly night: string;
  readonly set: string;
  readonly stage: NightStage;
  readonly consistencyGroups: readonly ConsistencyGroup[];
  /** In the plan's order; empty before the plan is made. */
  readonly tables: readonly TableStanding[];
};

export type NightStage =
  | 'waiting for a snapshot'
  | 'planning'
  | 'archiving'
  | 'drilling'
  | 'reporting'
  | 'done';

export type TableStanding = {
  /** `schema.name`. */
  readonly table: string;
  readonly status: 'waiting' | 'running' | 'archived' | 'failed';
  readonly rows?: number;
  readonly bytes?: number;
  readonly snapshotId?: string;
  readonly metadataVersion?: number;
  readonly consistencyGroup?: string;
  /** Why it failed. */
  readonly failure?: string;
};
