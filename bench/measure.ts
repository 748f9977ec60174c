import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Measured = { readonly seconds: number; readonly cpuSeconds: number; readonly peakBytes: number };

/** Runs a program under this Node as a process of its own, from its start to its end. */
export async function measure(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-bench-'));
  const usage = join(folder, 'usage.json');
  try {
    const startedAt = performance.now();
    await run([`--import=${join(import.meta.dirname, 'report-usage.ts')}`, ...args], {
      ...env,
      USAGE_FILE: usage,
    });
    const seconds = (performance.now() - startedAt) / 1000;
    return { seconds, ...(JSON.parse(await readFile(usage, 'utf8')) as Omit<Measured, 'seconds'>) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
  });
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`exit ${code}: ${errors}`))));
  });
}

/** The middle value; of an even number the lower one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
