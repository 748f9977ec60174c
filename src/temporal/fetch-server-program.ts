import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { findOnPath } from './search-path.ts';

const run = promisify(execFile);

/** The newest version that `go install` can build. */
const version = '1.5.1';
const downloadTime = 120_000;
const buildTime = 30 * 60_000;

export type ProgramFetch = {
  readonly cacheFolder: string;
  readonly searchPath: readonly string[];
  readonly tell: (line: string) => void;
};

/** Where a build is kept for every later start. */
export function cachedBuild(cacheFolder: string): string {
  return join(cacheFolder, `temporal-${version}`);
}

/**
 * Gets a `temporal` program from the network: the SDK's own download, else a build by Go. Undefined where neither
 * works; `tries` then says why.
 */
export async function fetchProgram(fetch: ProgramFetch, tries: string[]): Promise<string | undefined> {
  const attempts = [
    ['download', downloadProgram],
    ['build with Go', buildProgram],
  ] as const;
  for (const [name, attempt] of attempts) {
    try {
      return await attempt(fetch);
    } catch (error) {
      tries.push(`${name}: ${firstLine(error)}`);
    }
  }
  return undefined;
}

/** The SDK downloads only as part of starting a server, so one is started and stopped. */
async function downloadProgram({ cacheFolder }: ProgramFetch): Promise<string> {
  const folder = join(cacheFolder, 'temporal-download');
  const kept = await downloaded(folder);
  if (kept !== undefined) return kept;
  await mkdir(folder, { recursive: true });
  const starting = TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'cached-download', downloadDir: folder },
      log: { format: 'json', level: 'error' },
    },
  });
  const late = sleep(downloadTime, undefined, { ref: false }).then(() => undefined);
  const server = await Promise.race([starting, late]);
  if (server === undefined) {
    starting.then((tooLate) => tooLate.teardown()).catch(() => undefined);
    throw new Error(`nothing arrived within ${downloadTime / 1000} s`);
  }
  await server.teardown();
  const program = await downloaded(folder);
  if (program === undefined) throw new Error('the download left no program');
  return program;
}

async function downloaded(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  const name = names.find((candidate) => /^temporal.*(?<!\.(?:zip|gz|tmp|downloading))$/.test(candidate));
  return name === undefined ? undefined : join(folder, name);
}

/** Builds aside and renames: a build that is cut off is never taken for a program. */
async function buildProgram({ cacheFolder, searchPath, tell }: ProgramFetch): Promise<string> {
  const go = await findOnPath('go', searchPath);
  if (go === undefined) throw new Error('go is not on PATH');
  tell(`building the Temporal server ${version} with Go: 3 to 4 minutes the first time`);
  await mkdir(cacheFolder, { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, 'build-'));
  try {
    const ldflags = `-s -w -X github.com/temporalio/cli/temporalcli.Version=${version}`;
    const target = `github.com/temporalio/cli/cmd/temporal@v${version}`;
    await run('env', [`GOBIN=${folder}`, go, 'install', '-ldflags', ldflags, target], { timeout: buildTime });
    await rename(join(folder, 'temporal'), cachedBuild(cacheFolder));
    return cachedBuild(cacheFolder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A failed program says why on stderr; the error itself only repeats the command. */
function firstLine(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  const text = stderr.trim() === '' ? (error instanceof Error ? error.message : 'it failed') : stderr;
  return (text.trim().split('\n')[0] ?? '').slice(0, 300);
}
