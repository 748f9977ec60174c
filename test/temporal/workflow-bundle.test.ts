import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleOnce } from '../../src/temporal/workflow-bundle.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-bundle-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test(
  'a bundle is made once; what is left of one that was not written whole is made again',
  { timeout: 60_000 },
  async () => {
    const made = await bundleOnce(folder);
    expect(made.code.includes('archiveNight')).toBe(true);
    const [name = ''] = await readdir(folder);
    const file = join(folder, name);
    const kept = await readFile(file, 'utf8');
    expect((await bundleOnce(folder)).code === made.code).toBe(true);
    for (const damage of ['', kept.slice(0, -1), made.code]) {
      await writeFile(file, damage);
      // Not as texts: of an inequality they would fill the screen.
      expect((await bundleOnce(folder)).code === made.code).toBe(true);
      expect((await readFile(file, 'utf8')) === kept).toBe(true);
    }
  },
);
