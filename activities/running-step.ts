import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { toApplicationFailure } from '../src/temporal/failure-mapping.ts';
import { quickestBeat } from '../src/temporal/quickest-beat.ts';

const slowestBeat = 500;

/**
 * Milliseconds until the next heartbeat of a step that has run for so many: how soon it hears that it is no longer wanted.
 * A small table is through before its first beat, each of which costs the server a write.
 */
const steadily = (): number => slowestBeat;
/** For a step that ends only when it hears of it: what waits for that is held up by a fortieth of its time, or 0.1 s. */
export const attentively = (ran: number): number => Math.min(slowestBeat, Math.max(quickestBeat, ran / 40));

export type StepContext = {
  readonly signal: AbortSignal;
  /** Attempt of this activity, from 1. */
  readonly attempt: number;
  /** What the next heartbeats tell. */
  readonly report: (details: unknown) => void;
};

/**
 * Runs one step of a night as an activity: beats with the latest report, every half second unless told otherwise, passes
 * cancellation on, and is the one place where an error becomes a Temporal failure.
 */
export async function runStep<T>(
  step: (context: StepContext) => Promise<T>,
  nextBeat: (ran: number) => number = steadily,
): Promise<T> {
  const context = Context.current();
  const signal = context.cancellationSignal;
  const startedAt = performance.now();
  let latest: unknown;
  const beatLater = (): NodeJS.Timeout =>
    setTimeout(
      () => {
        context.heartbeat(latest);
        beating = beatLater();
      },
      nextBeat(performance.now() - startedAt),
    );
  let beating = beatLater();
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
    clearTimeout(beating);
  }
}

function asCancellation(reason: unknown): CancelledFailure {
  return reason instanceof CancelledFailure ? reason : new CancelledFailure('cancelled');
}
