import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { toApplicationFailure } from '../src/temporal/failure-mapping.ts';

/** Milliseconds between heartbeats: how soon a step hears that it is no longer wanted. */
const beatInterval = 500;

export type StepContext = {
  readonly signal: AbortSignal;
  /** Attempt of this activity, from 1. */
  readonly attempt: number;
  /** What the next heartbeats tell. */
  readonly report: (details: unknown) => void;
};

/**
 * Runs one step of a night as an activity: beats every half second with the latest report, passes cancellation on, and is
 * the one place where an error becomes a Temporal failure. A small table is through before its first beat, each of which
 * costs the server a write.
 */
export async function runStep<T>(step: (context: StepContext) => Promise<T>): Promise<T> {
  const context = Context.current();
  const signal = context.cancellationSignal;
  let latest: unknown;
  const beating = setInterval(() => context.heartbeat(latest), beatInterval);
  try {
    return await step({
      signal,
      attempt: context.info.attempt,
      report: (details) => {
        latest = details;
      },
    });
  } catch (error) {
    // Once asked to stop, whatever breaks is the stopping.
    if (signal.aborted) throw asCancellation(signal.reason);
    throw toApplicationFailure(error, context.info.attempt);
  } finally {
    clearInterval(beating);
  }
}

function asCancellation(reason: unknown): CancelledFailure {
  return reason instanceof CancelledFailure ? reason : new CancelledFailure('cancelled');
}
