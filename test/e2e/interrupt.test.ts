import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { EXIT } from '../../src/cli/exit-code.ts';
import { connectClient, probe } from '../../src/temporal/connection.ts';
import { startDevServer } from '../../src/temporal/dev-server.ts';
import type { ScheduleState } from '../../src/temporal/schedule-state.ts';
import { createTestDatabase, runSql, withClient } from '../postgres/test-server.ts';
import { type CommandResult, type RunningCommand, startPermafrost } from './command-line.ts';

/** However a command ends, nothing that it started is left; interrupted at any moment, it ends with a code of its own. */
const program = inject('temporalProgram');
const startsOwnServer = program !== '' && (await probe('127.0.0.1:7233')) === 'nothing';
const everything = ['--tables', 'public.*'];

let folder: string;
let running: RunningCommand | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-interrupt-'));
  // The demo's Postgres may run as another user, who has to get through.
  await chmod(folder, 0o755);
  running = undefined;
});

afterEach(async () => {
  if (running?.leavesProcesses()) running.kill('SIGKILL');
  await running?.ended;
  for (const [pid] of processesOf(folder)) process.kill(pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function start(args: readonly string[], env: Readonly<Record<string, string>>): RunningCommand {
  const own = { PERMAFROST_LAKE: join(folder, 'lake'), PERMAFROST_STATE_FOLDER: join(folder, 'state') };
  running = startPermafrost(args, { ...own, ...env });
  return running;
}

/** A database with one table, which no night gets past as long as `work` lasts. */
async function withLockedTable(work: (source: string) => Promise<void>): Promise<void> {
  const source = await createTestDatabase();
  await runSql(source, 'CREATE TABLE orders (id int); INSERT INTO orders VALUES (1)');
  await withClient(source, async (client) => {
    await client.query('BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
    await work(source);
  });
}

function expectInterrupted(ended: CommandResult): void {
  expect(ended, ended.stderr).toMatchObject({ code: EXIT.cancelled, signal: null });
  expect(ended.stderr).not.toContain('unexpected');
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  expect(processesOf(folder)).toEqual([]);
}

describe.skipIf(!startsOwnServer)('a command that started a server of its own', { timeout: 90_000 }, () => {
  test('is interrupted in the middle of its start', async () => {
    const source = await createTestDatabase();
    await runSql(source, 'CREATE TABLE orders (id int)');
    const archive = start(['archive', ...everything], { PERMAFROST_SOURCE: source, TEMPORAL_CLI: program });
    await expect.poll(() => existsSync(join(folder, 'state/temporal.log')), { timeout: 20_000 }).toBe(true);
    archive.interrupt();
    expectInterrupted(await archive.ended);
    expect(existsSync(join(folder, 'state/temporal.json'))).toBe(false);
  });

  test('is interrupted in the middle of a backfill', async () => {
    await withLockedTable(async (source) => {
      const range = ['--from', '2025-01-01', '--to', '2025-01-03'];
      const env = { PERMAFROST_SOURCE: source, TEMPORAL_CLI: program };
      const backfill = start(['backfill', ...everything, ...range], env);
      await backfill.says('started archive-');
      backfill.interrupt();
      const ended = await backfill.ended;
      expectInterrupted(ended);
      expect(ended.stderr).toContain('the night was cancelled');
      expect(ended.stderr.match(/started archive-/g)).toHaveLength(1);
      expect(existsSync(join(folder, 'state/temporal.json'))).toBe(false);
    });
  });

  test('leaves nothing behind when it is interrupted a second time', async () => {
    await withLockedTable(async (source) => {
      const env = { PERMAFROST_SOURCE: source, TEMPORAL_CLI: program };
      const archive = start(['archive', ...everything], env);
      await archive.says('started archive-');
      // Stopped, the server keeps the command from ending after the first interrupt.
      const servers = processesOf(folder).filter(([, command]) => command.includes('start-dev'));
      expect(servers).toHaveLength(1);
      for (const [pid] of servers) process.kill(pid, 'SIGSTOP');
      archive.interrupt();
      await sleep(1_500);
      archive.interrupt();
      expect((await archive.ended).code).toBe(EXIT.cancelled);
      for (const [pid] of servers) process.kill(pid, 'SIGCONT');
      await expect.poll(() => processesOf(folder), { timeout: 15_000 }).toEqual([]);
    });
  });

  test('keeps a schedule for the next one, and says that it needs a worker', async () => {
    const env = {
      PERMAFROST_SOURCE: inject('postgresUrl'),
      PERMAFROST_SET: 'navigator',
      TEMPORAL_CLI: program,
    };
    const applied = await start(['schedule', 'apply'], env).ended;
    expect(applied.code, applied.stderr).toBe(EXIT.ok);
    expect(applied.stderr).toMatch(
      /^no Temporal server stays up: no night runs until permafrost worker does/m,
    );
    expect(processesOf(folder)).toEqual([]);

    const described = await start(['schedule', 'describe', '--json'], env).ended;
    expect(described.code, described.stderr).toBe(EXIT.ok);
    expect((JSON.parse(described.stdout) as ScheduleState).nextNights[0]).toMatch(/T01:15:00/);
  });
});

test('the demo, interrupted while its database is being filled, begins no night', async () => {
  const demo = start(['demo', '--once'], { TEMPORAL_ADDRESS: inject('temporalAddress') });
  await demo.says('seeding the demo database');
  demo.interrupt();
  const ended = await demo.ended;
  expectInterrupted(ended);
  expect(ended.stderr).not.toContain('started archive-');
  expect(existsSync(join(folder, 'lake'))).toBe(false);
}, 120_000);

test('a night on a server of others is cancelled there', async () => {
  await withLockedTable(async (source) => {
    const address = inject('temporalAddress');
    const archive = start(['archive', ...everything], {
      PERMAFROST_SOURCE: source,
      TEMPORAL_ADDRESS: address,
    });
    await archive.says('started archive-');
    archive.interrupt();
    const ended = await archive.ended;
    expectInterrupted(ended);
    const client = await connectClient(address, 'default');
    const { status } = await client.workflow.getHandle(nightOf(ended)).describe();
    await client.connection.close();
    expect(status.name).toBe('CANCELLED');
  });
}, 60_000);

test.skipIf(program === '')(
  'a night whose server went away is left to it, and said to go on',
  async () => {
    await withLockedTable(async (source) => {
      const stateFolder = join(folder, 'server');
      const server = await startDevServer({ program, namespace: 'default', stateFolder, port: 0, uiPort: 0 });
      const env = { PERMAFROST_SOURCE: source, TEMPORAL_ADDRESS: server.address };
      const archive = start(['archive', ...everything], env);
      try {
        await archive.says('started archive-');
      } finally {
        await server.stop();
      }
      archive.interrupt();
      const ended = await archive.ended;
      expectInterrupted(ended);
      expect(ended.stderr).toContain(`Temporal did not take the cancellation of ${nightOf(ended)}`);
    });
  },
  90_000,
);

function nightOf({ stderr }: CommandResult): string {
  return /started (\S+)/.exec(stderr)?.[1] ?? '';
}

/** Pid and command line of all processes that have something to do with a folder, wherever they were started. */
function processesOf(path: string): readonly (readonly [pid: number, command: string])[] {
  const lines = execFileSync('ps', ['-axo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => line.includes(path))
    .map((line) => [Number.parseInt(line, 10), line.trim().replace(/^\d+ /, '')]);
}
