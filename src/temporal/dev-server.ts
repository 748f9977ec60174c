import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { z } from 'zod';
import { PermafrostError } from '../errors.ts';
import { probe } from './connection.ts';
import { archiveNightKey, archiveSetKey } from './search-attributes.ts';

export type DevServerOptions = {
  /** The `temporal` program. */
  readonly program: string;
  readonly namespace: string;
  /** Database, log and address of the server live here; nights survive a restart. */
  readonly stateFolder: string;
  /** Wanted ports; a free one is taken where something else has it. */
  readonly port?: number;
  readonly uiPort?: number;
};

/** A local server that this process started. */
export type DevServer = {
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  /** Stops the server and waits for its end. */
  stop(): Promise<void>;
};

/** What is left in the state folder for the next process to find. */
const serverRecord = z.object({ address: z.string(), uiUrl: z.string(), pid: z.number() });
export type ServerRecord = Readonly<z.infer<typeof serverRecord>>;

export const defaultPort = 7233;
export const defaultUiPort = 8233;

/** Closed nights stay visible this long; the server's own default is one day. */
const retention = '30 days';
const startTime = 30_000;
const stopTime = 8_000;

/**
 * Starts `temporal server start-dev` on 127.0.0.1 with a durable database, and returns when it answers. The server is
 * detached: ^C in a terminal reaches this process first, which stops its worker and then the server.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const port = await freePort(options.port ?? defaultPort);
  const uiPort = await freePort(options.uiPort ?? defaultUiPort);
  const address = `127.0.0.1:${port}`;
  const uiUrl = `http://127.0.0.1:${uiPort}`;
  const child = launch(options, port, uiPort);
  // A process that ends without stopping it, as with a second ^C, still takes the server along.
  const takeAlong = (): void => void child.kill('SIGTERM');
  process.once('exit', takeAlong);
  child.once('exit', () => process.off('exit', takeAlong));
  try {
    await untilServing(child, address, logFile(options.stateFolder));
    await raiseRetention(address, options.namespace);
  } catch (error) {
    await stopChild(child);
    throw error;
  }
  const record: ServerRecord = { address, uiUrl, pid: child.pid ?? 0 };
  await writeFile(recordFile(options.stateFolder), JSON.stringify(record));
  return {
    ...record,
    async stop() {
      await stopChild(child);
      await rm(recordFile(options.stateFolder), { force: true });
    },
  };
}

/** The server that another process started with this state folder, if it still answers. */
export async function findRecordedServer(stateFolder: string): Promise<ServerRecord | undefined> {
  try {
    const record = serverRecord.parse(JSON.parse(await readFile(recordFile(stateFolder), 'utf8')));
    return (await probe(record.address)) === 'temporal' ? record : undefined;
  } catch {
    return undefined;
  }
}

function launch(options: DevServerOptions, port: number, uiPort: number): ChildProcess {
  const log = logFile(options.stateFolder);
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, 'a');
  const args = [
    'server',
    'start-dev',
    '--ip=127.0.0.1',
    `--port=${port}`,
    `--ui-port=${uiPort}`,
    `--db-filename=${join(options.stateFolder, 'temporal.db')}`,
    `--namespace=${options.namespace}`,
    `--search-attribute=${archiveNightKey.name}=Keyword`,
    `--search-attribute=${archiveSetKey.name}=Keyword`,
    '--log-level=warn',
  ];
  try {
    return spawn(options.program, args, { detached: true, stdio: ['ignore', output, output] });
  } finally {
    closeSync(output);
  }
}

/** A stranger on the port would answer a health check too: the child must be alive when the server serves. */
async function untilServing(child: ChildProcess, address: string, log: string): Promise<void> {
  let failed = false;
  child.once('error', () => (failed = true)).once('exit', () => (failed = true));
  for (const deadline = Date.now() + startTime; Date.now() < deadline; await sleep(100)) {
    if (failed) break;
    if ((await probe(address)) === 'temporal' && !failed) return;
  }
  throw new PermafrostError(
    'temporal-unreachable',
    failed ? 'the local Temporal server ended at its start' : 'the local Temporal server does not answer',
    { cure: `read ${log}` },
  );
}

/** Also waits for the namespace, which the server creates a moment after it answers. */
async function raiseRetention(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    const config = { workflowExecutionRetentionTtl: msToTs(retention) };
    for (let attempt = 1; ; attempt += 1) {
      try {
        await connection.workflowService.updateNamespace({ namespace, config });
        return;
      } catch (cause) {
        if (attempt === 50) {
          throw new PermafrostError('temporal-unreachable', `namespace ${namespace} cannot be set up`, {
            cause,
          });
        }
        await sleep(100);
      }
    }
  } finally {
    await connection.close();
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const inTime = await Promise.race([ended.then(() => true), sleep(stopTime, false, { ref: false })]);
  if (!inTime) child.kill('SIGKILL');
  await ended;
}

/** The wanted port where it is free on 127.0.0.1, else any free one. */
async function freePort(wanted: number): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? wanted;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : undefined));
    });
  });
}

function recordFile(stateFolder: string): string {
  return join(stateFolder, 'temporal.json');
}

function logFile(stateFolder: string): string {
  return join(stateFolder, 'temporal.log');
}
