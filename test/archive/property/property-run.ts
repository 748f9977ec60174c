import fc from 'fast-check';

/**
 * Checks a property for as many generated values as fit into its time; gives the number of runs. A failure names its
 * seed and path: `FC_SEED=… FC_PATH=… vitest run <file>` repeats it; `FC_SECONDS=…` searches for longer.
 */
export async function checkProperty<T>(
  seconds: number,
  values: fc.Arbitrary<T>,
  check: (value: T) => Promise<void>,
  parameters: Pick<fc.Parameters<[T]>, 'numRuns' | 'endOnFailure'> = {},
): Promise<number> {
  const { FC_SEED, FC_PATH } = process.env;
  const seed = FC_SEED === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(FC_SEED);
  console.log(`property seed: FC_SEED=${seed}`);
  let runs = 0;
  let last: Promise<void> = Promise.resolve();
  const property = fc.asyncProperty(values, (value) => {
    runs += 1;
    last = check(value);
    return last;
  });
  const checked = fc.assert(property, {
    seed,
    numRuns: 1_000_000,
    ...(FC_PATH === undefined ? {} : { path: FC_PATH }),
    interruptAfterTimeLimit: searchTime(seconds),
    ...parameters,
  });
  await Promise.allSettled([checked]);
  // When time is up fast-check leaves the run that is under way to itself: it would disturb the next test.
  await Promise.allSettled([last]);
  await checked;
  await last;
  return runs;
}

/** Milliseconds of the search. */
export function searchTime(seconds: number): number {
  return Number(process.env['FC_SECONDS'] ?? seconds) * 1000;
}
