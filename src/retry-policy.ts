import type { ErrorCode } from './errors.ts';

/** What is done about a failure without asking a person. */
export type RetryRule =
  /** An outage: tried again until the time of the activity is up. */
  | 'until-time-is-up'
  /** Might be a glitch, might be there for good: a few attempts. */
  | 'few-times'
  /** Pointless as it stands; the workflow asks again under the next exported snapshot. */
  | 'under-new-snapshot'
  /** Pointless under this snapshot; the workflow asks once more, under a newer one, when all other tables are through. */
  | 'once-at-the-end'
  /** Only a person can change the outcome. */
  | 'never';

/** Attempts that `few-times` allows in all. */
export const fewAttempts = 4;

const retryRules: Readonly<Record<ErrorCode, RetryRule>> = {
  configuration: 'never',
  'source-unreachable': 'until-time-is-up',
  'source-authentication': 'never',
  'source-unsuitable': 'never',
  'table-not-found': 'never',
  'snapshot-lost': 'under-new-snapshot',
  'table-changed': 'once-at-the-end',
  'value-unrepresentable': 'never',
  protocol: 'few-times',
  integrity: 'few-times',
  'lake-unwritable': 'until-time-is-up',
  'lake-foreign': 'never',
  'lake-not-found': 'never',
  'night-taken': 'never',
  'target-unsuitable': 'never',
  'commit-conflict': 'until-time-is-up',
  'commit-state-unknown': 'until-time-is-up',
  'mail-undeliverable': 'until-time-is-up',
  'temporal-unreachable': 'until-time-is-up',
  cancelled: 'never',
  unexpected: 'few-times',
};

/** The rule of a code; a code from elsewhere counts as `unexpected`. */
export function retryRuleOf(code: string): RetryRule {
  return retryRules[knownCode(code)];
}

/** Narrows a code that crossed a history or a wire. */
export function knownCode(code: string): ErrorCode {
  return isErrorCode(code) ? code : 'unexpected';
}

/** Every code with this rule. */
export function codesWithRule(rule: RetryRule): ErrorCode[] {
  return Object.keys(retryRules)
    .filter(isErrorCode)
    .filter((code) => retryRules[code] === rule);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(retryRules, code);
}

/** Whether attempt number `attempt` (from 1) that failed with this code is the last one of its activity. */
export function isLastAttempt(code: ErrorCode, attempt: number): boolean {
  const rule = retryRules[code];
  return rule === 'never' || rule === 'once-at-the-end' || (rule === 'few-times' && attempt >= fewAttempts);
}
