import { setTimeout as sleep } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { attentively, runStep } from '../../activities/running-step.ts';
import { PermafrostError } from '../../src/errors.ts';

test('a step beats at least every two seconds with its latest report, and one that is short does not', async () => {
  const environment = new MockActivityEnvironment();
  const beats: unknown[] = [];
  environment.on('heartbeat', (details) => beats.push(details));
  await environment.run(() =>
    runStep(async ({ report }) => {
      report({ rows: 1 });
      report({ rows: 2 });
      expect(beats).toHaveLength(0);
      await sleep(2_000);
    }),
  );
  expect(beats.at(-1)).toEqual({ rows: 2 });
  const counted = beats.length;
  await sleep(1_200);
  expect(beats).toHaveLength(counted);
});

test('a step that others wait for beats sooner, the more seldom the longer it runs', async () => {
  const environment = new MockActivityEnvironment();
  let beats = 0;
  environment.on('heartbeat', () => (beats += 1));
  await environment.run(() => runStep(() => sleep(450), attentively));
  expect(beats).toBeGreaterThanOrEqual(2);
  expect([0, 8_000, 3_600_000].map(attentively)).toEqual([100, 200, 500]);
});

test('whatever breaks after the request to stop counts as stopped', async () => {
  const environment = new MockActivityEnvironment();
  const step = environment.run(() =>
    runStep(async ({ signal }) => {
      await sleep(10_000, undefined, { signal }).catch(() => undefined);
      throw new Error('connection terminated');
    }),
  );
  environment.cancel();
  await expect(step).rejects.toMatchObject({ name: 'CancelledFailure' });
});

test('a step that ends well although it was asked to stop keeps its result', async () => {
  const environment = new MockActivityEnvironment();
  const step = environment.run(() => runStep(() => sleep(50, 'committed')));
  environment.cancel();
  expect(await step).toBe('committed');
});

function failAt(attempt: number): Promise<unknown> {
  return new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') }).run(() =>
    runStep(() => Promise.reject(new PermafrostError('integrity', 'sizes differ'))),
  );
}

test('the attempt decides whether a glitch is tried again', async () => {
  await expect(failAt(1)).rejects.toMatchObject({ type: 'integrity', nonRetryable: false });
  await expect(failAt(4)).rejects.toMatchObject({ type: 'integrity', nonRetryable: true });
});
