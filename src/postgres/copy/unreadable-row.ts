import { type ErrorCode, PermafrostError } from '../../errors.ts';
import { mapDatabaseError, sqlStateOf } from '../error-mapping.ts';

/** One row of a table that cannot be had, of which it is known which one it is. */
export class UnreadableRow extends PermafrostError {
  /** Rows that came whole before it. */
  readonly rowsBefore: number;

  constructor(code: ErrorCode, message: string, rowsBefore: number) {
    super(code, message);
    this.rowsBefore = rowsBefore;
  }
}

/**
 * An error of the server that lies in the row it was about to send: a value it cannot convert, a limit, damaged data.
 * Undefined for all others. The server sends what it has before it reports an error, so that row is the next one.
 */
export function unreadableRow(error: unknown, rowsBefore: number, doing: string): UnreadableRow | undefined {
  if (!/^(22|54|XX)/.test(sqlStateOf(error) ?? '')) return undefined;
  const { code, message } = mapDatabaseError(error, doing);
  return new UnreadableRow(code, message, rowsBefore);
}
