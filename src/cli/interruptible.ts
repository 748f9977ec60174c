import { PermafrostError } from '../errors.ts';
import { abortOnInterrupt, complain } from './terminal.ts';

/** What a command opens things with: an interrupt, whenever it comes, finds each of them in the list of what to close. */
export type InterruptibleRun = {
  /** Aborts with the first interrupt or termination request. */
  readonly signal: AbortSignal;
  /** One step of a start, which is waited for. Error: `cancelled` where the interrupt came before or during it. */
  step<T>(take: () => T | Promise<T>): Promise<T>;
  /** As `step`, for something that has to be closed when the command ends, in reverse order. */
  open<T>(open: () => T | Promise<T>, close: (opened: T) => void | Promise<void>): Promise<T>;
};

/** Listens for interrupts before anything is started, and closes what the work opened however it ends. */
export async function runInterruptibly(work: (run: InterruptibleRun) => Promise<void>): Promise<void> {
  const signal = abortOnInterrupt();
  signal.addEventListener('abort', () => complain('stopping …'), { once: true });
  try {
    await using opened = new AsyncDisposableStack();
    await work(createRun(signal, opened));
  } catch (error) {
    throw firstOf(error);
  }
}

/** The failure of an interrupt: a program that was started here may have got the same Ctrl-C, and failed for it. */
export function interrupted(cause?: unknown): PermafrostError {
  return new PermafrostError('cancelled', 'interrupted', { cause });
}

/** A run that the signal interrupts; what it opens is closed with the stack. */
export function createRun(signal: AbortSignal, opened: AsyncDisposableStack): InterruptibleRun {
  const step = async <T>(take: () => T | Promise<T>): Promise<T> => {
    if (signal.aborted) throw interrupted();
    try {
      const result = await take();
      if (!signal.aborted) return result;
    } catch (error) {
      if (!signal.aborted) throw error;
      throw interrupted(error);
    }
    throw interrupted();
  };
  return {
    signal,
    step,
    open: (open, close) =>
      step(async () => {
        const it = await open();
        opened.defer(() => close(it));
        return it;
      }),
  };
}

/** What failed first is what is told; what then could not be closed is its consequence more often than not. */
function firstOf(error: unknown): unknown {
  return error instanceof SuppressedError ? firstOf(error.suppressed) : error;
}
