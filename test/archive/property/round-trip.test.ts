import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkProperty, searchTime } from './property-run.ts';
import { expectRestored, openRestorer, type Restorer } from './restored-table.ts';
import { openSampleLake, type SampleLake } from './sample-lake.ts';
import { createSampleTable, type SampleTable, sampleTables, wideTables } from './sample-table.ts';

/**
 * The way back: what the lake holds of a table goes into an empty table of the same definition, and is there byte for
 * byte what Postgres sent when the table was archived.
 */
const night = '2026-02-28';

let sample: SampleLake;
let restorer: Restorer;
let tables = 0;

beforeAll(async () => {
  sample = await openSampleLake();
  restorer = await openRestorer(sample);
});

afterAll(async () => {
  await restorer.close();
  await sample.close();
});

test('any table comes back from the lake byte for byte', { timeout: searchTime(15) + 60_000 }, async () => {
  const samples = fc.array(sampleTables(), { minLength: 1, maxLength: 4 });
  const runs = await checkProperty(15, samples, archiveAndRestore);
  console.log(`${runs} nights, ${tables} tables`);
  expect(runs).toBeGreaterThan(1);
});

test(
  'a table with a column of every type comes back from the lake byte for byte',
  { timeout: 120_000 },
  async () => {
    const parameters = { numRuns: 3, endOnFailure: true };
    const runs = await checkProperty(60, wideTables, (wide) => archiveAndRestore([wide]), parameters);
    expect(runs).toBe(3);
  },
);

async function archiveAndRestore(samples: readonly SampleTable[]): Promise<void> {
  const { maker } = sample;
  const names = samples.map(() => `r${(tables += 1)}`);
  try {
    for (const [index, table] of samples.entries()) {
      await createSampleTable(maker, names[index] as string, table);
      await maker.query(`CREATE TABLE ${names[index]}_back (LIKE ${names[index]})`);
    }
    const archived = await sample.archive(
      night,
      names.map((name) => `public.${name}`),
    );
    for (const table of archived) await expectRestored(sample, restorer, table);
  } finally {
    await sample.drop(names.flatMap((name) => [name, `${name}_back`]));
  }
}
