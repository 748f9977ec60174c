import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { ExportedSnapshot } from '../archive/archiver.ts';
import type { NightProgress } from './night-progress.ts';

/** Workflow type of a night; the exported function in workflows/ has the same name. */
export const archiveNightType = 'archiveNight';

/** From the snapshot holder to its night: a Postgres snapshot can be imported now. */
export const snapshotExported = defineSignal<[SnapshotExported], 'snapshotExported'>('snapshotExported');

export type SnapshotExported = ExportedSnapshot & {
  /** Activity id of the holder; absent in histories from when there was one only. */
  readonly holder?: string;
  /** Attempt of the holder; an earlier attempt that comes to life again is not believed. */
  readonly attempt: number;
};

/** Where the night stands; answers for closed nights too. */
export const progressQuery = defineQuery<NightProgress>('progress');

/** Type of the failure that ends a night with something left out; its first detail is the `NightResult`. */
export const nightIncomplete = 'night-incomplete';

/** Activity id of a night's holder of snapshots, by its number, counted from 1. */
export function holderActivityId(number: number): string {
  return number === 1 ? 'hold-snapshot' : `hold-snapshot-${number}`;
}

/** Activity id of the mail of a night. */
export const reportActivityId = 'report';

/** Activity id of one table's archive; unique among the open activities of a night. */
export function tableActivityId(label: string, night: string): string {
  return `archive:${label}:${night}`;
}
