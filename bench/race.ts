import { mkdtemp, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { NightResult } from '../src/archive/night.ts';
import { addSeconds, type StageSeconds } from '../src/archive/stage-seconds.ts';
import { type Contender, wire } from './contenders.ts';
import type { Run } from './figures.ts';
import { type CpuCensus, takeCensus } from './machine.ts';
import type { Measured } from './measure.ts';
import { removeOutput } from './remove-output.ts';
import type { Shape } from './shapes.ts';

/** Lets the contenders run by turns, `times` times each; what reads the tables first is not counted. */
export async function race(
  url: string,
  shape: Shape,
  contenders: readonly Contender[],
  times: number,
): Promise<ReadonlyMap<string, readonly Run[]>> {
  const postmaster = await findPostmaster(url);
  const runs = new Map<string, Run[]>(contenders.map(({ name }) => [name, []]));
  const place: Place = { url, postmaster, folder: await mkdtemp(join(tmpdir(), 'permafrost-bench-out-')) };
  try {
    await runOnce(shape, wire, place);
    for (let turn = 0; turn < times; turn += 1) {
      for (const contender of contenders) {
        const run = await runOnce(shape, contender, place);
        runs.get(contender.name)?.push(run);
        console.error(`  ${shape.name}: ${contender.name} ${run.seconds.toFixed(2)} s`);
      }
    }
  } finally {
    await removeOutput(place.folder);
  }
  return runs;
}

/** Where runs take place. */
type Place = { readonly url: string; readonly postmaster: number; readonly folder: string };

async function runOnce(shape: Shape, contender: Contender, { url, postmaster, folder }: Place): Promise<Run> {
  const out = await mkdtemp(join(folder, 'run-'));
  const before = await takeCensus(postmaster);
  const measured = await contender.run(url, shape, out);
  const after = await takeCensus(postmaster);
  const { seconds, cpuSeconds, peakBytes, output } = measured;
  return {
    seconds,
    cpuSeconds,
    peakBytes,
    ...spent(measured, before, after),
    parquetBytes: await sizeOfParquet(out),
    stages: readStages(output),
  };
}

function spent(
  { seconds, cpuSeconds }: Measured,
  before: CpuCensus | undefined,
  after: CpuCensus | undefined,
): Pick<Run, 'postgresCpuSeconds' | 'otherCores'> {
  if (before === undefined || after === undefined) return {};
  const postgresCpuSeconds = after.postgres - before.postgres;
  const others = after.busy - before.busy - cpuSeconds - postgresCpuSeconds;
  return { postgresCpuSeconds, otherCores: Math.max(0, others / seconds) };
}

/** Of a night as `--json` prints it; undefined for the output of others. */
function readStages(output: string): StageSeconds | undefined {
  if (!output.startsWith('{')) return undefined;
  const { tables } = JSON.parse(output) as NightResult;
  return addSeconds(tables.flatMap((table) => (table.kind === 'archived' ? (table.stages ?? []) : [])));
}

async function findPostmaster(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>(
    String.raw`SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int AS pid`,
  );
  await client.end();
  return rows[0]?.pid ?? 0;
}

async function sizeOfParquet(folder: string): Promise<number> {
  const files = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.parquet'));
  const sizes = await Promise.all(files.map(async (path) => (await stat(join(folder, path))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
