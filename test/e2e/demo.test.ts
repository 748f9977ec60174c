import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { nextNight, nightOf } from '../../src/archive/night-date.ts';
import type { LakeTable } from '../../src/archive/read-lake.ts';
import { EXIT } from '../../src/cli/exit-code.ts';
import { permafrost, startPermafrost } from './command-line.ts';

/** The first thing that anyone runs: it works, it can be run again, and Ctrl-C leaves nothing behind. */
const today = nightOf(new Date());

let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-demo-'));
  // As root, the server runs as another user, who has to pass through.
  await chmod(folder, 0o755);
  env = {
    PERMAFROST_LAKE: join(folder, 'lake'),
    PERMAFROST_STATE_FOLDER: join(folder, 'state'),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
  };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test(
  'the first start freezes 26 tables of a database that it made, and what it says next works',
  { timeout: 180_000 },
  async () => {
    const demo = startPermafrost(['demo', '--once'], env);
    const result = await demo.ended;
    expect(result.code, result.stderr).toBe(EXIT.ok);
    expect(result.stdout).toContain(`night ${today} of navigator: 26 of 26 tables archived`);
    expect(await versions()).toEqual(Array.from({ length: 26 }, () => [today, 1]));
    expect(await mailsOf(today)).toEqual(['eml', 'html']);
    await expectNothingLeft(demo);

    const [, sql = ''] = /permafrost query [^"]*"(.*)"/.exec(result.stdout) ?? [];
    const answer = await permafrost(['query', '--json', sql], env);
    expect(JSON.parse(answer.stdout), answer.stderr).toContainEqual({
      event: 'delivered',
      'count_star()': expect.anything(),
    });
    const history = await permafrost(['history', 'persons'], env);
    expect(history.stdout).toMatch(new RegExp(`^${today} .*append.*v1$`, 'm'));
  },
);

test(
  'the next start freezes the next night, stays up, and ends with Ctrl-C',
  { timeout: 180_000 },
  async () => {
    const demo = startPermafrost(['demo'], env);
    await demo.says('Ctrl-C ends everything');
    const told = performance.now();
    demo.interrupt();
    const result = await demo.ended;
    expect(performance.now() - told).toBeLessThan(15_000);
    expect(result.code, result.stderr).toBe(EXIT.ok);
    expect(result.stdout).toContain(`night ${nextNight(today)} of navigator: 26 of 26 tables archived`);
    expect(await versions()).toEqual(Array.from({ length: 26 }, () => [nextNight(today), 2]));
    expect(await mailsOf(nextNight(today))).toEqual(['eml', 'html']);
    await expectNothingLeft(demo);
    const schedule = await permafrost(['schedule', 'describe', '--set', 'navigator'], {
      ...env,
      PERMAFROST_SOURCE: 'postgres://anyone@127.0.0.1/navigator',
    });
    expect(schedule.stderr).toContain('there is no schedule');
  },
);

test('Ctrl-C in the middle of a night ends everything too, and says so', { timeout: 180_000 }, async () => {
  const demo = startPermafrost(['demo'], env);
  await demo.says('started archive-navigator');
  const told = performance.now();
  demo.interrupt();
  const result = await demo.ended;
  expect(performance.now() - told).toBeLessThan(15_000);
  expect(result.code, result.stderr).toBe(EXIT.cancelled);
  expect(result.stderr).toMatch(/permafrost: the night was cancelled\n {2}→ archive it again/);
  await expectNothingLeft(demo);
});

/** The latest night and the metadata version of each table. */
async function versions(): Promise<readonly (readonly [string | undefined, number])[]> {
  const { stdout } = await permafrost(['tables', '--json'], env);
  const tables = JSON.parse(stdout) as readonly LakeTable[];
  return tables.map(({ latestNight, metadataVersion }) => [latestNight, metadataVersion]);
}

/** Kinds of the files that the report of a night was written to; none of them empty. */
async function mailsOf(night: string): Promise<readonly string[]> {
  const mails = join(folder, 'state/mail');
  const files = (await readdir(mails)).filter((file) => file.startsWith(`${night}-navigator-`));
  for (const file of files) expect(await readFile(join(mails, file), 'utf8')).toContain('persons');
  return files.map((file) => file.slice(file.lastIndexOf('.') + 1)).toSorted();
}

/** No process of its group, and no Postgres on its folder, which has a session of its own. */
async function expectNothingLeft(demo: ReturnType<typeof startPermafrost>): Promise<void> {
  expect(demo.leavesProcesses()).toBe(false);
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'args=']);
  expect(stdout.split('\n').filter((command) => command.includes(folder))).toEqual([]);
}
