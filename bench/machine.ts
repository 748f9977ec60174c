import { readdir, readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';

/** CPU seconds since the machine and the server started. */
export type CpuCensus = {
  /** Of all cores, whoever used them. */
  readonly busy: number;
  /** Of Postgres, its sessions included, also those that have ended. */
  readonly postgres: number;
};

/** Linux tells every program of times in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/** Counts what was used so far; undefined where there is no /proc. */
export async function takeCensus(postmaster: number): Promise<CpuCensus | undefined> {
  if (process.platform !== 'linux') return undefined;
  const [first = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = first
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const busy = (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
  return { busy, postgres: await postgresSeconds(postmaster) };
}

async function postgresSeconds(postmaster: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(pids.map(readProcess));
  return processes.reduce((sum, one) => {
    if (one?.pid === postmaster) return sum + one.seconds + one.secondsOfEnded;
    return one?.parent === postmaster ? sum + one.seconds : sum;
  }, 0);
}

type Process = {
  readonly pid: number;
  readonly parent: number;
  readonly seconds: number;
  /** Of the children that have ended. */
  readonly secondsOfEnded: number;
};

/** Undefined for a process that has ended meanwhile. */
async function readProcess(pid: string): Promise<Process | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (text === '') return undefined;
  // The second field is the program's name in parentheses, which may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = (field: number) => Number(fields[field - 3]);
  return {
    pid: Number(pid),
    parent: ticks(4),
    seconds: (ticks(14) + ticks(15)) / TICKS_PER_SECOND,
    secondsOfEnded: (ticks(16) + ticks(17)) / TICKS_PER_SECOND,
  };
}

/** `2 × AMD EPYC, 24 GB`. */
export function describeMachine(): string {
  const cores = cpus();
  return `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 1e9)} GB`;
}
