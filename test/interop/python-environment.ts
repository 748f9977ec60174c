import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const requirements = join(import.meta.dirname, 'requirements.txt');

/**
 * Path of a Python that has the readers in their pinned versions; made once per version of requirements.txt, in the
 * user's cache. Undefined, with a loud warning, where there is no Python; with CI=true that is an error instead.
 */
export async function findPython(): Promise<string | undefined> {
  try {
    return await prepare();
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    const text = `The interop tests need Python 3.9 or newer with venv and pip: ${reason}`;
    if (process.env.CI === 'true') throw new Error(text, { cause: error });
    console.warn(`\n*** SKIPPED: the lake is NOT checked with PyIceberg and DuckDB. ${text} ***\n`);
    return undefined;
  }
}

async function prepare(): Promise<string> {
  const pins = await readFile(requirements);
  const name = `python-${createHash('sha256').update(pins).digest('hex').slice(0, 12)}`;
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'permafrost', name);
  const python = join(folder, 'bin', 'python');
  const complete = join(folder, 'complete');
  if (await exists(complete)) return python;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements], {
    maxBuffer: 1 << 24,
  });
  await writeFile(complete, '');
  return python;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
