import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PermafrostError } from '../errors.ts';
import { probe } from './connection.ts';
import { defaultPort, findRecordedServer } from './dev-server.ts';
import { cachedBuild, fetchProgram } from './fetch-server-program.ts';
import { findOnPath, isExecutable } from './search-path.ts';

const run = promisify(execFile);

export type ServerSearch = {
  /** `host:port` of the server to use: this one or none. */
  readonly address?: string;
  /** A `temporal` program to start a server with. */
  readonly cliPath?: string;
  /** Folders of PATH. */
  readonly searchPath: readonly string[];
  /** State of servers that were started here. */
  readonly stateFolder: string;
  /** Programs that were fetched or built once. */
  readonly cacheFolder: string;
  /** Port where a local server is expected; 7233 unless told otherwise. */
  readonly port?: number;
  /** Told about steps that take long. */
  readonly tell: (line: string) => void;
};

/** A server to connect to, or the program to start one with. */
export type FoundServer =
  | { readonly kind: 'running'; readonly address: string; readonly uiUrl?: string }
  | { readonly kind: 'program'; readonly program: string };

/**
 * Finds a Temporal server: the given address or nothing; one that already runs; else a `temporal` program, which is
 * downloaded or built where there is none. Error: `temporal-unreachable`, naming everything that was tried.
 */
export async function findServer(search: ServerSearch): Promise<FoundServer> {
  if (search.address !== undefined) return givenServer(search.address);
  const running = await runningServer(search);
  return running ?? { kind: 'program', program: await findServerProgram(search) };
}

/** A program that answers `--version`, by the cheapest way there is. */
export async function findServerProgram(search: ServerSearch): Promise<string> {
  const tries: string[] = [];
  for (const [name, program] of await candidates(search)) {
    const problem = await problemOf(program);
    if (problem === undefined) return program;
    tries.push(`${name}: ${problem}`);
  }
  const fetched = await fetchProgram(search, tries);
  if (fetched !== undefined) return fetched;
  throw new PermafrostError(
    'temporal-unreachable',
    ['no Temporal server was found and none can be started:', ...tries.map((line) => `  - ${line}`)].join(
      '\n',
    ),
    {
      cure: 'install the Temporal CLI (https://docs.temporal.io/cli) or Go 1.25, or set TEMPORAL_ADDRESS to a running server',
    },
  );
}

async function givenServer(address: string): Promise<FoundServer> {
  if ((await probe(address)) === 'temporal') return { kind: 'running', address };
  throw new PermafrostError('temporal-unreachable', `no Temporal server answers at ${address}`, {
    cure: 'start it, or correct TEMPORAL_ADDRESS; leave it unset to have a local server started',
  });
}

async function runningServer(search: ServerSearch): Promise<FoundServer | undefined> {
  const recorded = await findRecordedServer(search.stateFolder);
  if (recorded !== undefined) return { kind: 'running', address: recorded.address, uiUrl: recorded.uiUrl };
  const address = `127.0.0.1:${search.port ?? defaultPort}`;
  return (await probe(address)) === 'temporal' ? { kind: 'running', address } : undefined;
}

async function candidates(
  search: ServerSearch,
): Promise<readonly (readonly [name: string, program: string])[]> {
  const onPath = await findOnPath('temporal', search.searchPath);
  return [
    ...(search.cliPath === undefined ? [] : [['TEMPORAL_CLI', search.cliPath] as const]),
    ['PATH', onPath ?? 'temporal'],
    ['state folder', join(search.stateFolder, 'bin', 'temporal')],
    ['cache', cachedBuild(search.cacheFolder)],
  ];
}

/** Undefined where the program runs. */
async function problemOf(program: string): Promise<string | undefined> {
  if (!(await isExecutable(program))) return `${program} is not there`;
  try {
    const { stdout } = await run(program, ['--version'], { timeout: 20_000 });
    return /temporal/i.test(stdout) ? undefined : `${program} is not the Temporal CLI`;
  } catch {
    return `${program} does not run`;
  }
}
