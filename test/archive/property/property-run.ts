import type fc from 'fast-check';

/**
 * Settings of a property test that does as many runs as fit into its time. A failure names its seed and path:
 * `FC_SEED=… FC_PATH=… vitest run <file>` repeats it; `FC_SECONDS=…` searches for longer.
 */
export function boundedRuns<T>(seconds: number): fc.Parameters<T> {
  const { FC_SEED, FC_PATH } = process.env;
  const seed = FC_SEED === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(FC_SEED);
  console.log(`property seed: FC_SEED=${seed}`);
  return {
    seed,
    numRuns: 1_000_000,
    ...(FC_PATH === undefined ? {} : { path: FC_PATH }),
    interruptAfterTimeLimit: searchTime(seconds),
  };
}

/** Milliseconds of the search. */
export function searchTime(seconds: number): number {
  return Number(process.env['FC_SECONDS'] ?? seconds) * 1000;
}
