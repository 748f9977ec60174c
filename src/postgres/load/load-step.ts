import type pg from 'pg';
import { DatabaseError } from 'pg';
import { PermafrostError } from '../../errors.ts';
import { requestCancel } from '../cancel-request.ts';
import { mapDatabaseError, sqlStateOf } from '../error-mapping.ts';

export type LoadStepOptions = {
  /** Begins the message of an error: "restoring public.orders". */
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
};

const CANCEL_TIMEOUT_MS = 5_000;

/**
 * Runs a step of a load on the client; the signal ends it on the server too, even where that waits for a lock.
 * Errors: `cancelled`, `integrity` (the server refuses a value or a row), those of ours, and those of the server.
 */
export async function runLoadStep<T>(
  client: pg.Client,
  { doing, signal }: LoadStepOptions,
  step: () => Promise<T>,
): Promise<T> {
  let cancelled: Promise<void> | undefined;
  const onAbort = (): void => {
    cancelled = requestCancel(client, CANCEL_TIMEOUT_MS);
  };
  if (isAborted(signal)) throw stopped(doing);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await step();
  } catch (error) {
    throw isAborted(signal) ? stopped(doing) : mapLoadError(error, doing);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    // Or the request could hit the next statement.
    await cancelled;
  }
}

/** What the server says against a value or a row (classes 22 and 23) may quote it, and is left out as always. */
function mapLoadError(error: unknown, doing: string): PermafrostError {
  const state = sqlStateOf(error) ?? '';
  if (!/^2[23]/.test(state)) return mapDatabaseError(error, doing);
  const constraint =
    error instanceof DatabaseError && error.constraint !== undefined ? `, ${error.constraint}` : '';
  return new PermafrostError(
    'integrity',
    `${doing}: the server refuses a row (SQLSTATE ${state}${constraint})`,
    { cure: 'load into a table as the archive describes it, before its constraints and triggers are made' },
  );
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function stopped(doing: string): PermafrostError {
  return new PermafrostError('cancelled', `${doing}: stopped`);
}
