import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';

/** The first program of this name in the folders of PATH. */
export async function findOnPath(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const program = join(folder, name);
    if (await isExecutable(program)) return program;
  }
  return undefined;
}

/** Whether a file is there and may be run. */
export async function isExecutable(program: string): Promise<boolean> {
  try {
    await access(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
