import { type ErrorCode, PermafrostError } from '../errors.ts';

/** An error as it crosses from a worker thread. */
export type ThreadError = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly cure?: string;
  /** Where an error that was not foreseen came from. */
  readonly frames?: string;
};

/** The message of an error that is not ours may quote a row: its kind and its place have to do. */
export function describeThreadError(error: unknown, what: 'export' | 'restore'): ThreadError {
  if (error instanceof PermafrostError) {
    const { code, message, cure } = error;
    return { code, message, ...(cure === undefined ? {} : { cure }) };
  }
  const name = error instanceof Error ? error.constructor.name : typeof error;
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  return {
    code: 'unexpected',
    message: `an unforeseen ${name} ended the ${what}`,
    frames: lines.filter((line) => /^\s+at /.test(line)).join('\n'),
  };
}

/** The error on the other side. */
export function fromThreadError({ code, message, cure, frames }: ThreadError): PermafrostError {
  const cause =
    frames === undefined ? undefined : Object.assign(new Error('in a worker thread'), { stack: frames });
  return new PermafrostError(code, message, { cure, cause });
}
