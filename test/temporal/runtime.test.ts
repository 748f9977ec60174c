import { expect, test } from 'vitest';
import type { Logger } from '../../src/logger.ts';
import { forwardTo } from '../../src/temporal/runtime.ts';

test('a server that is away is told once a minute, whatever the number of polls and tries', () => {
  const lines: string[] = [];
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (message) => lines.push(message),
    error: (message) => lines.push(message),
    child: () => logger,
  };
  let now = 0;
  const sdk = forwardTo(logger, () => now);
  for (let tries = 5; tries < 30; tries++) {
    now += 1_000;
    sdk.log('WARN', `gRPC call poll_workflow_task_queue retried ${tries} times`);
    sdk.log('WARN', `gRPC call poll_activity_task_queue retried ${tries} times`);
  }
  now += 60_000;
  sdk.log('WARN', 'gRPC call poll_activity_task_queue retried 60 times');
  sdk.log('ERROR', 'something else');
  expect(lines).toEqual([
    'gRPC call poll_workflow_task_queue retried 5 times',
    'gRPC call poll_activity_task_queue retried 60 times',
    'something else',
  ]);
});
