import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { type ErrorCode, PermafrostError } from '../../src/errors.ts';
import { fewAttempts } from '../../src/retry-policy.ts';
import { readFailure, toApplicationFailure } from '../../src/temporal/failure-mapping.ts';

const canary = 'CANARY-4711081547110815';

/** Everything of a failure that a history or a log could show. */
function everythingIn(failure: Error): string {
  return [
    failure.message,
    failure.stack,
    JSON.stringify(failure),
    String(failure),
    String(failure.cause),
  ].join('\n');
}

function activityFailure(cause: Error): ActivityFailure {
  return new ActivityFailure('Activity task failed', 'archiveTable', 'id', 'IN_PROGRESS', 'worker', cause);
}

test('our own error keeps code, message and cure', () => {
  const failure = toApplicationFailure(
    new PermafrostError('table-not-found', 'public.a is gone', { cure: 'look for it' }),
    1,
  );
  expect(failure).toMatchObject({
    type: 'table-not-found',
    message: 'public.a is gone',
    nonRetryable: true,
    details: [{ cure: 'look for it' }],
  });
});

test.each<[ErrorCode, number, boolean]>([
  ['source-unreachable', 99, false],
  ['lake-unwritable', 99, false],
  ['snapshot-lost', 1, false],
  ['integrity', fewAttempts - 1, false],
  ['integrity', fewAttempts, true],
  ['unexpected', fewAttempts, true],
  ['source-authentication', 1, true],
  ['value-unrepresentable', 1, true],
])('%s on attempt %i: last attempt %s', (code, attempt, last) => {
  expect(toApplicationFailure(new PermafrostError(code, 'x'), attempt).nonRetryable).toBe(last);
});

test.each([
  ['in its message', new Error(`Failing row contains (1, ${canary})`)],
  ['in a message that looks like stack frames', new Error(`boom\n    at ${canary} (file.ts:1:1)`)],
  ['in its name', Object.assign(new Error('x'), { name: `${canary}: row` })],
  ['in its code', Object.assign(new Error('x'), { code: `row ${canary}` })],
  ['in details of a driver', Object.assign(new Error('x'), { code: '23514', detail: canary, where: canary })],
  ['in its cause', new Error('x', { cause: new Error(canary) })],
  ['in the cause of our own error', new PermafrostError('protocol', 'broken', { cause: new Error(canary) })],
  ['in a changed message', Object.assign(new Error(canary), { message: 'changed later' })],
  ['as a thrown text', canary],
  ['as a thrown object', { canary }],
  ['in many errors at once', new AggregateError([new Error(canary)], canary)],
])('a row value never leaks: %s', (_, error) => {
  expect(everythingIn(toApplicationFailure(error, 1))).not.toContain('4711081547110815');
});

test('of a foreign error the SQLSTATE and the place remain', () => {
  const failure = toApplicationFailure(Object.assign(new TypeError(canary), { code: '23514' }), 1);
  expect(failure.message).toBe('an unforeseen TypeError (23514); the log of the worker says where');
  expect(failure.stack).toContain('failure-mapping.test.ts');
});

test('the place remains for our own error, too', () => {
  expect(toApplicationFailure(new PermafrostError('protocol', 'broken'), 1).stack).toContain(
    'failure-mapping.test.ts',
  );
});

test('a very long message is cut', () => {
  expect(toApplicationFailure(new PermafrostError('protocol', 'x'.repeat(1e6)), 1).message).toHaveLength(500);
});

test('what an activity failed with is read back by workflow and client', () => {
  const sent = toApplicationFailure(new PermafrostError('lake-foreign', 'not ours', { cure: 'move it' }), 1);
  expect(readFailure(activityFailure(sent))).toEqual({
    code: 'lake-foreign',
    message: 'not ours',
    cure: 'move it',
  });
  expect(readFailure(activityFailure(new CancelledFailure('x'))).code).toBe('cancelled');
  expect(readFailure(activityFailure(new TimeoutFailure('x', undefined, 'HEARTBEAT')))).toMatchObject({
    code: 'unexpected',
    message: 'the worker stopped answering',
  });
  expect(readFailure(ApplicationFailure.create({ type: 'SomethingNew', message: 'm' })).code).toBe(
    'unexpected',
  );
});
