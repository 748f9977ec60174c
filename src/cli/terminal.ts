/** Writes a line for people or pipes. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Writes a line to standard error. */
export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Lets the program go on when nobody reads what it says any more (`| head`): a night must not end for that. */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/** Ends the process when all that was said is handed over: output into a pipe may still be on its way. */
export function exitWhenSaid(): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}

/** One Ctrl-C can arrive twice, from the terminal and from npm: only a later one is a second one. */
const SAME_INTERRUPT_MS = 1_000;

/** Aborts with the first interrupt or termination request; a second one ends the process at once. */
export function abortOnInterrupt(): AbortSignal {
  const abort = new AbortController();
  let askedAt = 0;
  const stop = () => {
    if (!abort.signal.aborted) askedAt = performance.now();
    else if (performance.now() - askedAt > SAME_INTERRUPT_MS) process.exit(130);
    abort.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return abort.signal;
}

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
