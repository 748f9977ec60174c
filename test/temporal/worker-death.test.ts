import { fork } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { PermafrostError } from '../../src/errors.ts';
import { connectClient } from '../../src/temporal/connection.ts';
import { awaitNight, startNight } from '../../src/temporal/start-night.ts';
import { FakeArchiver } from '../workflows/fake-archiver.ts';
import { night, withNightBench } from '../workflows/night-bench.ts';

const doomedWorker = fileURLToPath(new URL('doomed-worker.ts', import.meta.url));

test('a killed worker leaves the night to the next one: what was committed stays, the rest is group B', async () => {
  const address = inject('temporalAddress');
  const codePath = inject('workflowBundle');
  const taskQueue = `test-${randomUUID()}`;
  const doomed = fork(doomedWorker, [address, taskQueue, codePath]);
  const client = await connectClient(address, 'default');
  const request = { night, set: taskQueue, tables: [], tableConcurrency: 1 };
  const started = await startNight(client, taskQueue, request);
  await once(doomed, 'message');
  doomed.kill('SIGKILL');
  await once(doomed, 'exit');

  // The snapshot died with the session of the killed worker.
  const successor = new FakeArchiver({
    archiveTable: ({ consistencyGroup }) =>
      consistencyGroup === 'A'
        ? Promise.reject(new PermafrostError('snapshot-lost', 'invalid snapshot identifier'))
        : Promise.resolve(),
  });
  const result = await withNightBench({ address, taskQueue, workflowBundle: { codePath } }, successor, () =>
    awaitNight(client, started),
  );
  await client.connection.close();
  expect(result.tables).toMatchObject([
    { name: 'a', kind: 'archived', consistencyGroup: 'A' },
    { name: 'b', kind: 'archived', consistencyGroup: 'B' },
    { name: 'c', kind: 'archived', consistencyGroup: 'B' },
  ]);
}, 90_000);
