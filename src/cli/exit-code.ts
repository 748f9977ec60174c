import { type NightResult, nightSucceeded } from '../archive/night.ts';
import { assertNever, type ErrorCode } from '../errors.ts';

/** Exit codes of the command line; 0 is a night with every table archived. */
export const EXIT = {
  ok: 0,
  /** It ended, but something is missing: a table of a night, or what a restored database refused. */
  incomplete: 1,
  configuration: 2,
  source: 3,
  lake: 4,
  temporal: 5,
  mail: 6,
  unexpected: 70,
  cancelled: 130,
} as const;

/** The exit code of a night that has a result. A mail that is missing counts only where nothing else is. */
export function exitCodeOfNight(result: NightResult): number {
  if (!nightSucceeded(result)) return EXIT.incomplete;
  return result.report?.kind === 'not-sent' ? EXIT.mail : EXIT.ok;
}

/** The exit code that an error ends the program with. */
export function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case 'configuration':
    case 'target-unsuitable':
      return EXIT.configuration;
    case 'source-unreachable':
    case 'source-authentication':
    case 'source-unsuitable':
    case 'table-not-found':
    case 'snapshot-lost':
    case 'table-changed':
    case 'value-unrepresentable':
    case 'protocol':
      return EXIT.source;
    case 'integrity':
    case 'lake-unwritable':
    case 'lake-foreign':
    case 'lake-not-found':
    case 'night-taken':
    case 'commit-conflict':
    case 'commit-state-unknown':
      return EXIT.lake;
    case 'temporal-unreachable':
      return EXIT.temporal;
    case 'mail-undeliverable':
      return EXIT.mail;
    case 'cancelled':
      return EXIT.cancelled;
    case 'unexpected':
      return EXIT.unexpected;
    default:
      return assertNever(code);
  }
}
