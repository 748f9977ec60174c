import { inject } from 'vitest';
import type { Archiver } from '../../src/archive/archiver.ts';
import { type NightBench, withNightBench } from './night-bench.ts';

/** A night bench at the server that the global setup provides. */
export function atTemporal<T>(archiver: Archiver, body: (bench: NightBench) => Promise<T>): Promise<T> {
  const server = {
    address: inject('temporalAddress'),
    workflowBundle: { codePath: inject('workflowBundle') },
  };
  return withNightBench(server, archiver, body);
}
