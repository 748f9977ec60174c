import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** The workflows as one script; the same for every worker of a release. */
export type WorkflowBundle = { readonly code: string };

const project = fileURLToPath(new URL('../../', import.meta.url));

/** Takes 2 s. */
export function bundleWorkflows(): Promise<WorkflowBundle> {
  const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
  return bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
}

/** As bundleWorkflows, once for the code as it is now: what an earlier start has left in the cache is taken from there. */
export async function bundleOnce(cacheFolder: string): Promise<WorkflowBundle> {
  const file = join(cacheFolder, `workflows-${await digestOfCode()}.js`);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return { code: kept };
  const bundle = await bundleWorkflows();
  // Without a cache each start takes its time.
  await keep(file, cacheFolder, bundle).catch(() => undefined);
  return bundle;
}

async function keep(file: string, folder: string, { code }: WorkflowBundle): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `.workflows-${randomUUID()}`);
  await writeFile(temporary, code, { mode: 0o600 });
  await rename(temporary, file);
}

/** Of all that a bundle can hold: our own code, its place, and the versions of the packages, which are exact. */
async function digestOfCode(): Promise<string> {
  const hash = createHash('sha256').update(project);
  for (const path of ['package.json', ...(await codeIn('workflows')), ...(await codeIn('src'))]) {
    hash.update(`\0${path}\0`).update(await readFile(join(project, path)));
  }
  return hash.digest('hex').slice(0, 32);
}

async function codeIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(join(project, folder), { recursive: true });
  return names
    .filter((name) => name.endsWith('.ts'))
    .toSorted()
    .map((name) => join(folder, name));
}
