/**
 * Every failure the product names. The code decides what happens next (see retry-policy.ts); the message says what is
 * wrong in one line; the cure says what a person does about it. No row value, password or connection string may be put
 * into any of them: errors travel to logs, mails and workflow histories.
 */
export type ErrorCode =
  /** Settings are missing, malformed or contradict each other. */
  | 'configuration'
  /** The source database cannot be reached, or went away. */
  | 'source-unreachable'
  /** The source refuses the user or the password. */
  | 'source-authentication'
  /** The source is reached but cannot be archived as it stands (grants, row-level security, pooler, version). */
  | 'source-unsuitable'
  /** A table that was asked for does not exist. */
  | 'table-not-found'
  /** The exported Postgres snapshot is gone with the session that held it. */
  | 'snapshot-lost'
  /** The table was truncated, rewritten or altered between the snapshot and our lock. */
  | 'table-changed'
  /** A value that neither its column nor a companion column can hold. */
  | 'value-unrepresentable'
  /** The COPY stream, or a reply of the server, is not what the protocol says. */
  | 'protocol'
  /** What was written is not what was read: counts, sizes, checksums or types differ. */
  | 'integrity'
  /** The lake cannot be written or read: permission, space, I/O. */
  | 'lake-unwritable'
  /** The lake, or a table in it, was written by something else, or for another database. */
  | 'lake-foreign'
  /** A table or night that was asked for is not in the lake. */
  | 'lake-not-found'
  /** The lake holds this night already, from a better moment than the one that would replace it. */
  | 'night-taken'
  /** The database or folder to restore into is not empty, lacks something, or may not be written. */
  | 'target-unsuitable'
  /** Another writer made its metadata current first. */
  | 'commit-conflict'
  /** The commit may or may not have happened; nothing may be deleted. */
  | 'commit-state-unknown'
  /** No Temporal server can be reached or started. */
  | 'temporal-unreachable'
  /** The report could not be handed over: the mail server cannot be reached or refuses it, or the folder is not writable. */
  | 'mail-undeliverable'
  /** Asked to stop. */
  | 'cancelled'
  /** Anything that was not foreseen. */
  | 'unexpected';

export class PermafrostError extends Error {
  override readonly name = 'PermafrostError';
  readonly code: ErrorCode;
  /** What a person does about it, as one imperative sentence. */
  readonly cure: string | undefined;

  constructor(code: ErrorCode, message: string, options: { cure?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.cure = options.cure;
  }
}

/** The code of any thrown value; `unexpected` for one that is not ours. */
export function errorCodeOf(error: unknown): ErrorCode {
  return error instanceof PermafrostError ? error.code : 'unexpected';
}

/** Closes a switch over a union: a new member that is not handled becomes a compile error. */
export function assertNever(value: never): never {
  throw new PermafrostError('unexpected', `unhandled case: ${JSON.stringify(value)}`);
}
