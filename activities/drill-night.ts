import type { Archiver, DrillRequest } from '../src/archive/archiver.ts';
import type { DrillResult } from '../src/archive/night.ts';
import { runStep } from './running-step.ts';

/** Restores tables of the night into scratch databases; heartbeats say which is at work. */
export function createDrillNight(archiver: Archiver) {
  return function drillNight(request: DrillRequest): Promise<DrillResult> {
    return runStep(({ signal, report }) => archiver.drillNight(request, { signal, onProgress: report }));
  };
}
