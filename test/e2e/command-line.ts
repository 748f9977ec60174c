import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type CommandResult = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** A `permafrost` process that runs, in a process group of its own. */
export type RunningCommand = {
  readonly pid: number;
  /** Resolves when the process has ended and everything it said has arrived. */
  readonly ended: Promise<CommandResult>;
  /** Resolves when the process has said it, on either output; rejects when it ends without. */
  says(text: string): Promise<void>;
  /** Signals the process alone, as `kill` does. */
  kill(signal: NodeJS.Signals): void;
  /** What Ctrl-C in a terminal does: the process and all that it started in its group are interrupted. */
  interrupt(): void;
  /** True while a process that it started, or itself, is there. */
  leavesProcesses(): boolean;
};

const program = join(import.meta.dirname, '../../src/cli/permafrost.ts');

/** Runs `permafrost` as a process of its own; the environment holds only what is given and PATH. */
export function permafrost(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  nodeArgs: readonly string[] = [],
): Promise<CommandResult> {
  return startPermafrost(args, env, nodeArgs).ended;
}

/** Starts `permafrost` and does not wait for its end. */
export function startPermafrost(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  nodeArgs: readonly string[] = [],
): RunningCommand {
  const child = spawn(process.execPath, [...nodeArgs, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    detached: true,
  });
  const pid = child.pid ?? 0;
  let stdout = '';
  let stderr = '';
  let over = false;
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      over = true;
      resolve({ code, signal, stdout, stderr });
    });
  });
  return {
    pid,
    ended,
    async says(text) {
      while (!(stdout + stderr).includes(text)) {
        if (over) throw new Error(`it ended without saying "${text}":\n${stderr}`);
        await sleep(50);
      }
    },
    kill: (signal) => void child.kill(signal),
    interrupt: () => void process.kill(-pid, 'SIGINT'),
    leavesProcesses: () => isGroupAlive(pid),
  };
}

function isGroupAlive(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}
