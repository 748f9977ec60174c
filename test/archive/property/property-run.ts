import fc from 'fast-check';

/**
 * Settings of a property test that does as many runs as fit into its time. A failure names its seed and path:
 * `FC_SEED=… FC_PATH=… vitest run <file>` repeats it.
 */
export function boundedRuns(seconds: number): fc.Parameters<never> {
  const seed = process.env['FC_SEED'] === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(process.env['FC_SEED']);
  const path = process.env['FC_PATH'];
  console.log(`property seed: FC_SEED=${seed}`);
  return {
    seed,
    numRuns: 10_000,
    ...(path === undefined ? {} : { path }),
    plugins: [fc.interruptAfterTimeLimit(seconds * 1000)],
  };
}
