/**
 * Times the archive of one table, as a whole process from start to exit, against the limit: the same table's
 * `COPY … TO STDOUT (FORMAT binary)` drained to nothing. Interleaved runs; medians; ratios are what counts.
 *
 *   npm run bench                    lineitem, 3 M rows
 *   npm run bench -- large           2 GB of rows: peak memory must stay under 700 MB
 *   npm run bench -- lineitem 5      five runs of each instead of three
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { createDatabase, startEmbeddedPostgres } from '../src/demo/embedded-postgres.ts';
import { type Measured, measure, median } from './measure.ts';
import { seed, type Shape, shapes } from './shapes.ts';

const memoryLimit = 700 * 1024 * 1024;
const [shapeName = 'lineitem', runs = '3'] = process.argv.slice(2);
const shape = shapes[shapeName];
if (shape === undefined)
  throw new Error(`no such shape: ${shapeName}; there are ${Object.keys(shapes).join(', ')}`);

const postgres = await startEmbeddedPostgres({ folder: resolve('.permafrost/bench-postgres') });
try {
  const url = await createDatabase(postgres, 'bench');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await seed(client, shape);
  await client.end();
  await race(url, shape, Number(runs));
} finally {
  await postgres.stop();
}

async function race(url: string, { name, rows }: Shape, times: number): Promise<void> {
  const wire: Measured[] = [];
  const ours: Measured[] = [];
  await drain(url, name);
  for (let run = 1; run <= times; run += 1) {
    wire.push(await drain(url, name));
    ours.push(await archive(url, name));
    console.log(`run ${run}: wire ${describe(wire.at(-1))} · permafrost ${describe(ours.at(-1))}`);
  }
  const cpu = median(ours.map((one) => one.cpuSeconds));
  const peak = Math.max(...ours.map((one) => one.peakBytes));
  console.log(`\n${name}, ${rows.toLocaleString('en')} rows, median of ${times}`);
  console.log(`  wire        ${seconds(wire).toFixed(2)} s`);
  console.log(
    `  permafrost  ${seconds(ours).toFixed(2)} s  = ${(seconds(ours) / seconds(wire)).toFixed(2)} × the wire`,
  );
  console.log(
    `  ${Math.round(rows / cpu).toLocaleString('en')} rows per CPU-second, peak ${Math.round(peak / 1048576)} MB`,
  );
  if (peak > memoryLimit) {
    console.log(`  peak memory is above ${memoryLimit / 1048576} MB`);
    process.exitCode = 1;
  }
}

function seconds(measured: readonly Measured[]): number {
  return median(measured.map((one) => one.seconds));
}

function drain(url: string, table: string): Promise<Measured> {
  return measure([join(import.meta.dirname, 'drain.ts')], { DATABASE_URL: url, TABLE: table });
}

async function archive(url: string, table: string): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-bench-lake-'));
  try {
    return await measure(
      [
        join(import.meta.dirname, '../src/cli/permafrost.ts'),
        'archive',
        '--no-temporal',
        '--tables',
        `public.${table}`,
      ],
      { PERMAFROST_SOURCE: url, PERMAFROST_LAKE: join(folder, 'lake'), PERMAFROST_STATE_FOLDER: folder },
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

function describe(measured: Measured | undefined): string {
  if (measured === undefined) return '';
  return `${measured.seconds.toFixed(2)} s, CPU ${measured.cpuSeconds.toFixed(2)} s, peak ${Math.round(measured.peakBytes / 1048576)} MB`;
}
