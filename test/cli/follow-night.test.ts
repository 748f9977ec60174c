import { expect, test, vi } from 'vitest';
import { followNight } from '../../src/cli/follow-night.ts';
import { PermafrostError } from '../../src/errors.ts';
import { nightWorkflowId } from '../../src/temporal/start-night.ts';
import { FakeArchiver, untilStopped } from '../workflows/fake-archiver.ts';
import { night, type NightBench } from '../workflows/night-bench.ts';
import { atTemporal } from '../workflows/temporal-bench.ts';

function serviceOf({ client, taskQueue }: NightBench) {
  const server = { address: '', namespace: 'default', startedHere: false, stop: () => Promise.resolve() };
  return { client, taskQueue, server, working: new Promise<void>(() => undefined) };
}

const statusOf = async ({ client, taskQueue, request }: NightBench): Promise<string> =>
  (await client.workflow.getHandle(nightWorkflowId(taskQueue, request.set, night)).describe()).status.name;

test('an interrupt before the night keeps it from being started', async () => {
  await atTemporal(new FakeArchiver({ tables: ['a'] }), async (bench) => {
    const following = followNight(serviceOf(bench), bench.request, AbortSignal.abort());
    await expect(following).rejects.toMatchObject({ code: 'cancelled' });
    await expect(statusOf(bench)).rejects.toThrow('not found');
  });
});

test('an interrupt while the night is being started cancels it', async () => {
  const archiver = new FakeArchiver({ tables: ['a'], archiveTable: (_, options) => untilStopped(options) });
  await atTemporal(archiver, async (bench) => {
    const interrupt = new AbortController();
    const following = followNight(serviceOf(bench), bench.request, interrupt.signal);
    interrupt.abort();
    await expect(following).rejects.toMatchObject({ code: 'cancelled' });
    expect(await statusOf(bench)).toBe('CANCELLED');
  });
});

test('a mail that is tried again is told of once, when the tables are through', async () => {
  let tries = 0;
  const archiver = new FakeArchiver({
    tables: ['a'],
    sendReport: () => {
      tries += 1;
      const away = new PermafrostError('mail-undeliverable', 'the mail server is away');
      return tries < 3 ? Promise.reject(away) : Promise.resolve();
    },
  });
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await atTemporal(archiver, async (bench) => {
      const result = await followNight(serviceOf(bench), bench.request, new AbortController().signal);
      expect(result.report).toMatchObject({ kind: 'sent' });
    });
    const told = written.mock.calls.map(([text]) => String(text)).join('');
    expect(told.match(/the tables are through; .*: the mail server is away\n/g)).toHaveLength(1);
  } finally {
    written.mockRestore();
  }
}, 60_000);
