import { createServer, type Server } from 'node:net';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { connectClient, connectWorker, probe, splitAddress } from '../../src/temporal/connection.ts';
import { findServer, findServerProgram, type ServerSearch } from '../../src/temporal/find-server.ts';

let folder: string;
let stranger: Server;
let strangerAddress: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'permafrost-find-'));
  // Accepts connections and never answers, like a firewall or a wrong port.
  stranger = createServer(() => undefined);
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  const bound = stranger.address();
  strangerAddress = `127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
});

afterEach(async () => {
  stranger.close();
  await rm(folder, { recursive: true, force: true });
});

function searchWith(changes: Partial<ServerSearch>): ServerSearch {
  return {
    searchPath: [],
    stateFolder: folder,
    cacheFolder: folder,
    port: 1,
    tell: () => undefined,
    ...changes,
  };
}

async function fakeProgram(name: string, script: string): Promise<string> {
  const program = join(folder, name);
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  return program;
}

/** A file where the folder of downloads would be. */
async function blockDownload(): Promise<void> {
  await writeFile(join(folder, 'temporal-download'), '');
}

test('a given address is used, or nothing is', async () => {
  const address = inject('temporalAddress');
  expect(await findServer(searchWith({ address }))).toEqual({ kind: 'running', address });
  const program = await fakeProgram('temporal', 'echo temporal version 1.5.1');
  await expect(findServer(searchWith({ address: '127.0.0.1:1', cliPath: program }))).rejects.toMatchObject({
    code: 'temporal-unreachable',
  });
});

test('a server that runs already on the usual port is used', async () => {
  const address = inject('temporalAddress');
  const { port } = splitAddress(address);
  expect(await findServer(searchWith({ port }))).toEqual({ kind: 'running', address });
});

test('a stranger on the usual port is not taken for Temporal', async () => {
  const program = await fakeProgram('temporal', 'echo temporal version 1.5.1');
  const { port } = splitAddress(strangerAddress);
  expect(await findServer(searchWith({ port, searchPath: [folder] }))).toEqual({ kind: 'program', program });
});

test('the named program comes before the one on PATH, and a broken one is passed over', async () => {
  const named = await fakeProgram('named', 'echo temporal version 1.5.1');
  const onPath = await fakeProgram('temporal', 'echo temporal version 1.5.1');
  const broken = await fakeProgram('broken', 'exit 1');
  const searchPath = [folder];
  expect(await findServerProgram(searchWith({ cliPath: named, searchPath }))).toBe(named);
  expect(await findServerProgram(searchWith({ cliPath: broken, searchPath }))).toBe(onPath);
});

test('a build in the cache is used again', async () => {
  const cached = await fakeProgram('temporal-1.5.1', 'echo temporal version 1.5.1');
  expect(await findServerProgram(searchWith({}))).toBe(cached);
});

test('Go builds a server once, aside, and keeps it under its version', async () => {
  await fakeProgram(
    'go',
    'printf "#!/bin/sh\\necho temporal version 1.5.1\\n" > $GOBIN/temporal; chmod +x $GOBIN/temporal',
  );
  await blockDownload();
  const told: string[] = [];
  const search = searchWith({ searchPath: [folder], tell: (line) => told.push(line) });
  const program = join(folder, 'temporal-1.5.1');
  expect(await findServerProgram(search)).toBe(program);
  expect(told).toEqual(['building the Temporal server 1.5.1 with Go: 3 to 4 minutes the first time']);
  expect(await findServerProgram(search)).toBe(program);
  expect(told).toHaveLength(1);
});

test('when everything fails, one message names every try', async () => {
  await fakeProgram('go', 'echo "go: no network" >&2; exit 1');
  await blockDownload();
  const search = searchWith({ cliPath: '/nowhere/temporal', searchPath: [folder] });
  const error = await findServerProgram(search).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'temporal-unreachable' });
  const tries = ['TEMPORAL_CLI: /nowhere/temporal is not there', 'PATH: ', 'cache: ', 'download: '];
  for (const one of [...tries, 'build with Go: go: no network']) expect(String(error)).toContain(one);
});

test('what listens at an address is told within seconds', async () => {
  const begun = Date.now();
  expect(await probe('127.0.0.1:1')).toBe('nothing');
  expect(await probe(strangerAddress)).toBe('something-else');
  expect(await probe(inject('temporalAddress'))).toBe('temporal');
  await expect(connectClient('127.0.0.1:1', 'default')).rejects.toMatchObject({
    code: 'temporal-unreachable',
  });
  await expect(connectClient(strangerAddress, 'default')).rejects.toMatchObject({
    code: 'temporal-unreachable',
  });
  await expect(connectWorker(strangerAddress)).rejects.toMatchObject({ code: 'temporal-unreachable' });
  expect(Date.now() - begun).toBeLessThan(20_000);
});

test.each(['localhost', 'host:0', 'host:99999', 'http://host:7233', ''])(
  '%s is not an address',
  (address) => {
    expect(() => splitAddress(address)).toThrow(expect.objectContaining({ code: 'configuration' }));
  },
);
