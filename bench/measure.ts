import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A process from its start to its end. */
export type Measured = {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  /** What it wrote to its standard output. */
  readonly output: string;
};

type Environment = Readonly<Record<string, string>>;

/** Runs a program under this Node as a process of its own. */
export function measure(args: readonly string[], env: Environment): Promise<Measured> {
  return measureProgram(
    process.execPath,
    [`--import=${join(import.meta.dirname, 'report-usage.js')}`, ...args],
    env,
  );
}

/** Runs any program that writes `{ cpuSeconds, peakBytes }` of itself to USAGE_FILE when it ends. */
export async function measureProgram(
  program: string,
  args: readonly string[],
  env: Environment,
): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'permafrost-bench-'));
  const usage = join(folder, 'usage.json');
  try {
    const startedAt = performance.now();
    const output = await run(program, args, { ...env, USAGE_FILE: usage });
    const seconds = (performance.now() - startedAt) / 1000;
    const used = JSON.parse(await readFile(usage, 'utf8')) as Pick<Measured, 'cpuSeconds' | 'peakBytes'>;
    return { seconds, output, ...used };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function run(program: string, args: readonly string[], env: Environment): Promise<string> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`exit ${code}: ${errors}`)),
    );
  });
}

/** The middle value; of an even number the lower one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
