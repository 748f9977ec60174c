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

/**
 * As bundleWorkflows, once for the code as it is now: what an earlier start has left in the cache is taken from there, if it
 * is whole.
 */
export async function bundleOnce(cacheFolder: string): Promise<WorkflowBundle> {
  const digest = await digestOfCode();
  const file = join(cacheFolder, `workflows-${digest}.js`);
  const kept = await readFile(file, 'utf8').then(readSealed, () => undefined);
  if (kept !== undefined) return { code: kept };
  const bundle = await bundleWorkflows();
  // Of code that was replaced meanwhile nothing is kept; and without a cache each start takes its time.
  if ((await digestOfCode()) === digest) await keep(file, cacheFolder, bundle).catch(() => undefined);
  return bundle;
}

async function keep(file: string, folder: string, { code }: WorkflowBundle): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `.workflows-${randomUUID()}`);
  await writeFile(temporary, `${sha256(code)}\n${code}`, { mode: 0o600 });
  await rename(temporary, file);
}

/** The code behind its own digest; undefined where a power cut, or anything else, has left another text. */
function readSealed(text: string): string | undefined {
  const end = text.indexOf('\n');
  const code = text.slice(end + 1);
  return end !== -1 && text.slice(0, end) === sha256(code) ? code : undefined;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Of all that a bundle can hold: our own code, its place, and the versions of all packages. */
async function digestOfCode(): Promise<string> {
  const hash = createHash('sha256').update(project);
  const packages = ['package.json', 'package-lock.json'];
  for (const path of [...packages, ...(await codeIn('workflows')), ...(await codeIn('src'))]) {
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
