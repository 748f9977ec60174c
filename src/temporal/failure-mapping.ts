import { ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import { type ErrorCode, PermafrostError } from '../errors.ts';
import { isLastAttempt, knownCode } from '../retry-policy.ts';

/** A failure as people are told of it: JSON-safe, without row values. */
export type NamedFailure = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly cure?: string;
};

/** Longest message that is kept; failures live in histories, mails and workflow results. */
const messageLimit = 500;

/**
 * Turns whatever a use case threw into the failure that Temporal records. Only the text of our own errors crosses: a
 * driver's message may carry row values, so of a foreign error the name, the code and the stack frames remain.
 */
export function toApplicationFailure(error: unknown, attempt: number): ApplicationFailure {
  const { code, message, cure } = nameFailure(error);
  const failure = ApplicationFailure.create({
    type: code,
    message,
    nonRetryable: isLastAttempt(code, attempt),
    details: [cure === undefined ? {} : { cure }],
  });
  failure.stack = [`${code}: ${message}`, ...stackFrames(error)].join('\n');
  return failure;
}

/** Code, scrubbed message and cure of any thrown value. */
export function nameFailure(error: unknown): NamedFailure {
  if (!(error instanceof PermafrostError)) return { code: 'unexpected', message: describeForeign(error) };
  const message = shorten(error.message);
  return { code: error.code, message, ...(error.cure === undefined ? {} : { cure: shorten(error.cure) }) };
}

/** Reads back, in the workflow or a client, what an activity or a workflow failed with. */
export function readFailure(error: unknown): NamedFailure {
  const chain = causesOf(error);
  const named = chain.find((link) => link instanceof ApplicationFailure);
  if (named !== undefined) return fromApplicationFailure(named);
  if (chain.some((link) => link instanceof CancelledFailure)) {
    return { code: 'cancelled', message: 'it was cancelled' };
  }
  const timeout = chain.find((link) => link instanceof TimeoutFailure);
  if (timeout !== undefined) return fromTimeout(timeout);
  return nameFailure(error);
}

function fromApplicationFailure(failure: ApplicationFailure): NamedFailure {
  const details: unknown = failure.details?.[0];
  const cure =
    typeof details === 'object' && details !== null && 'cure' in details && typeof details.cure === 'string'
      ? { cure: details.cure }
      : {};
  return { code: knownCode(failure.type ?? ''), message: shorten(failure.message), ...cure };
}

function fromTimeout(timeout: TimeoutFailure): NamedFailure {
  const stopped = timeout.timeoutType === 'HEARTBEAT';
  return {
    code: 'unexpected',
    message: stopped ? 'the worker stopped answering' : 'the time allowed for it is up',
    cure: 'look at the log of the worker, then archive the night again',
  };
}

function causesOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let link = error; link instanceof Error && chain.length < 20; link = link.cause) chain.push(link);
  return chain;
}

/** SQLSTATEs and system codes are constants of a program; everything else may be data. */
function describeForeign(error: unknown): string {
  if (!(error instanceof Error)) return 'an unforeseen value was thrown';
  const name = /^\w{1,60}$/.test(error.name) ? error.name : 'Error';
  const code: unknown = 'code' in error ? error.code : undefined;
  const known = typeof code === 'string' && /^[A-Z0-9_]{3,50}$/.test(code) ? ` (${code})` : '';
  return `an unforeseen ${name}${known}; the log of the worker says where`;
}

/** V8 puts name and message before the frames; where they cannot be told apart, no frame is kept. */
function stackFrames(error: unknown): readonly string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  const { stack, message } = error;
  const header = [error.name, 'Error', error.constructor.name]
    .map((name) => `${name}: ${message}\n`)
    .find((candidate) => message !== '' && stack.startsWith(candidate));
  return header === undefined ? [] : stack.slice(header.length).split('\n').slice(0, 20);
}

function shorten(text: string): string {
  return text.length <= messageLimit ? text : `${text.slice(0, messageLimit - 1)}…`;
}
