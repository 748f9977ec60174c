/**
 * Times `permafrost restore` of one table against `pg_restore` of the same table, each as a whole process into a new
 * database of the same server. Interleaved runs; medians; the ratio is what counts. Needs Debian's PostgreSQL 15, since
 * the embedded server comes without client programs.
 *
 *   npm run bench:restore              lineitem, 6 M rows
 *   npm run bench:restore -- large 5   2 GB of rows, five runs of each
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import {
  hasDebianPostgres,
  pgDumpTo,
  pgRestore,
  startDebianPostgres,
} from '../test/postgres/debian-postgres.ts';
import { measure, median } from './measure.ts';
import { findShape, seedAll, type Shape } from './shapes.ts';

const program = join(import.meta.dirname, '../bin/permafrost.js');
const [shapeName = 'lineitem', runs = '3'] = process.argv.slice(2);
const shape = findShape(shapeName);
if (!hasDebianPostgres) throw new Error("this needs Debian's PostgreSQL 15");

const postgres = await startDebianPostgres();
const folder = await mkdtemp(join(tmpdir(), 'permafrost-bench-restore-'));
try {
  await race(shape, Number(runs));
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true });
}

async function race(raced: Shape, times: number): Promise<void> {
  const { name, rows } = raced;
  const source = await createDatabase('source');
  await seedAll(source, [raced]);
  const dump = join(folder, 'dump');
  await pgDumpTo(source, dump);
  const env = { PERMAFROST_LAKE: join(folder, 'lake'), PERMAFROST_STATE_FOLDER: folder };
  await measure([program, 'archive', '--no-temporal', '--tables', `${name}.*`], {
    ...env,
    PERMAFROST_SOURCE: source,
  });

  const theirs: number[] = [];
  const ours: number[] = [];
  const peaks: number[] = [];
  for (let run = 1; run <= times; run += 1) {
    const [a, b] = [await createDatabase(`theirs_${run}`), await createDatabase(`ours_${run}`)];
    const startedAt = performance.now();
    await pgRestore(dump, a);
    theirs.push((performance.now() - startedAt) / 1000);
    const measured = await measure([program, 'restore'], { ...env, PERMAFROST_INTO: b });
    ours.push(measured.seconds);
    peaks.push(measured.peakBytes);
    console.log(
      `run ${run}: pg_restore ${theirs.at(-1)?.toFixed(2)} s · permafrost ${ours.at(-1)?.toFixed(2)} s, CPU ${measured.cpuSeconds.toFixed(2)} s`,
    );
    for (const one of ['theirs', 'ours']) await dropDatabase(`${one}_${run}`);
  }
  console.log(`\n${name}, ${rows.toLocaleString('en')} rows, median of ${times}`);
  console.log(`  pg_restore  ${median(theirs).toFixed(2)} s`);
  console.log(
    `  permafrost  ${median(ours).toFixed(2)} s  = ${(median(ours) / median(theirs)).toFixed(2)} × pg_restore, peak ${Math.round(Math.max(...peaks) / 1048576)} MB`,
  );
}

async function createDatabase(name: string): Promise<string> {
  await onServer(`CREATE DATABASE ${name}`);
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  return url.href;
}

function dropDatabase(name: string): Promise<void> {
  return onServer(`DROP DATABASE ${name}`);
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(sql);
  await client.end();
}
