import { createServer } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { connectClient, probe, splitAddress } from '../../src/temporal/connection.ts';
import { findRecordedServer, startDevServer } from '../../src/temporal/dev-server.ts';
import { openServer } from '../../src/temporal/open-server.ts';
import { registerSearchAttributes } from '../../src/temporal/register-search-attributes.ts';

const program = inject('temporalProgram');
let stateFolder: string;

beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'permafrost-server-'));
});

afterEach(async () => {
  await rm(stateFolder, { recursive: true, force: true });
});

test.skipIf(program === '')('a server keeps its nights over a restart, for longer than a day', async () => {
  const first = await startDevServer({ program, namespace: 'nights', stateFolder, port: 0, uiPort: 0 });
  try {
    const client = await connectClient(first.address, 'nights');
    await client.workflow.start('archiveNight', { workflowId: 'kept', taskQueue: 'none', args: [] });
    const { config } = await client.workflowService.describeNamespace({ namespace: 'nights' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600);
    expect(await registerSearchAttributes(client)).toBe(true);
    expect((await fetch(first.uiUrl)).status).toBe(200);
    await client.connection.close();
  } finally {
    await first.stop();
  }
  expect(await probe(first.address)).toBe('nothing');

  const second = await startDevServer({ program, namespace: 'nights', stateFolder, port: 0, uiPort: 0 });
  try {
    const client = await connectClient(second.address, 'nights');
    expect((await client.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
    await client.connection.close();
  } finally {
    await second.stop();
  }
});

test.skipIf(program === '')(
  'a taken port is left to its owner, and the next process finds the server',
  async () => {
    const stranger = createServer(() => undefined);
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const bound = stranger.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const options = {
      cliPath: program,
      namespace: 'default',
      stateFolder,
      port,
      uiPort: 0,
      cacheFolder: stateFolder,
      searchPath: [],
      tell: () => undefined,
    };
    const server = await openServer(options);
    try {
      expect(server.startedHere).toBe(true);
      expect(splitAddress(server.address).port).not.toBe(port);
      const again = await openServer(options);
      expect(again).toMatchObject({ address: server.address, uiUrl: server.uiUrl, startedHere: false });
      await again.stop();
      expect(await probe(server.address)).toBe('temporal');
    } finally {
      await server.stop();
      stranger.close();
    }
    expect(await findRecordedServer(stateFolder)).toBeUndefined();
  },
);

test('a server that ends at its start is reported with its log', async () => {
  await writeFile(join(stateFolder, 'broken'), '#!/bin/sh\nexit 3\n', { mode: 0o755 });
  await expect(
    startDevServer({
      program: join(stateFolder, 'broken'),
      namespace: 'default',
      stateFolder,
      port: 0,
      uiPort: 0,
    }),
  ).rejects.toMatchObject({
    code: 'temporal-unreachable',
    cure: `read ${join(stateFolder, 'temporal.log')}`,
  });
});

test('a program that cannot be run at all is reported, too', async () => {
  await expect(
    startDevServer({ program: '/nowhere/temporal', namespace: 'default', stateFolder, port: 0, uiPort: 0 }),
  ).rejects.toMatchObject({ code: 'temporal-unreachable' });
});
