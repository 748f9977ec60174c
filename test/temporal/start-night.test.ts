import { expect, test } from 'vitest';
import { awaitNight, cancelNight, nightWorkflowId, startNight } from '../../src/temporal/start-night.ts';
import { FakeArchiver, untilStopped } from '../workflows/fake-archiver.ts';
import { night } from '../workflows/night-bench.ts';
import { atTemporal } from '../workflows/temporal-bench.ts';

test('starting a night that runs attaches to it', async () => {
  const archiver = new FakeArchiver({ archiveTable: (_, options) => untilStopped(options) });
  await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const first = await startNight(client, taskQueue, request);
    const second = await startNight(client, taskQueue, request);
    expect(first).toMatchObject({
      workflowId: nightWorkflowId(taskQueue, request.set, night),
      attached: false,
    });
    expect(second).toEqual({ ...first, attached: true });
    await cancelNight(client, second);
    await expect(awaitNight(client, first)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

test('a night that runs for other tables is not taken for ours', async () => {
  const archiver = new FakeArchiver({ archiveTable: (_, options) => untilStopped(options) });
  await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const first = await startNight(client, taskQueue, { ...request, tables: ['public.a'] });
    await expect(startNight(client, taskQueue, { ...request, tables: ['public.b'] })).rejects.toMatchObject({
      code: 'configuration',
    });
    await cancelNight(client, first);
    await expect(awaitNight(client, first)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

test('a night that runs for another database or lake is not taken for ours', async () => {
  const archiver = new FakeArchiver({ archiveTable: (_, options) => untilStopped(options) });
  await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const first = await startNight(client, taskQueue, request);
    const other = await startNight(client, `${taskQueue}-another`, request);
    expect(other).toMatchObject({ attached: false });
    expect(other.workflowId).not.toBe(first.workflowId);
    await client.workflow.getHandle(other.workflowId).terminate();
    await cancelNight(client, first);
    await expect(awaitNight(client, first)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

test('a night that has ended can be archived again, as another run', async () => {
  const archiver = new FakeArchiver({ tables: ['a'] });
  await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    await awaitNight(client, await startNight(client, taskQueue, request));
    await awaitNight(client, await startNight(client, taskQueue, request));
  });
  expect(new Set(archiver.inputs.map((input) => input.runId)).size).toBe(2);
});

test('a night can be found by its date and set', async () => {
  await atTemporal(new FakeArchiver({ tables: ['a'] }), async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, request);
    await awaitNight(client, started);
    const query = `ArchiveNight = '${night}' AND ArchiveSet = '${request.set}'`;
    await expect.poll(async () => (await client.workflow.count(query)).count, { timeout: 10_000 }).toBe(1);
  });
});

test('a terminated night has no result', async () => {
  const archiver = new FakeArchiver({ archiveTable: (_, options) => untilStopped(options) });
  await atTemporal(archiver, async ({ client, taskQueue, request }) => {
    const started = await startNight(client, taskQueue, request);
    await client.workflow.getHandle(started.workflowId).terminate('by an operator');
    await expect(awaitNight(client, started)).rejects.toMatchObject({ code: 'unexpected' });
  });
});
