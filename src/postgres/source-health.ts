import type { Session } from './session.ts';
import { CHECK_SOURCE_HEALTH } from './sql/check-source-health.ts';

/** Postgres itself warns 40 million transactions before 2^31, and stops taking writes soon after. */
const OLD_XIDS = 1_500_000_000;

/**
 * What is wrong with the source and does not keep it from being archived, one sentence each. The transactions that are
 * prepared are those of now, whatever the snapshot sees.
 */
export async function readSourceWarnings(session: Session): Promise<readonly string[]> {
  const [row] = await session.query(CHECK_SOURCE_HEALTH, [], 'looking at the state of the source');
  return [
    ...preparedWarning(Number(row?.prepared ?? 0), row?.prepared_since ?? ''),
    ...ageWarning(Number(row?.xid_age ?? 0)),
  ];
}

function preparedWarning(count: number, since: string): readonly string[] {
  if (count === 0) return [];
  const transactions = count === 1 ? 'one prepared transaction is' : `${count} prepared transactions are`;
  return [
    `In the source ${transactions} open since ${since} UTC: what they changed is not archived before they are committed, and they hold back vacuum.`,
  ];
}

function ageWarning(age: number): readonly string[] {
  if (age < OLD_XIDS) return [];
  return [
    `The oldest transaction id of the source is ${(age / 1e9).toFixed(1)} billion old; at 2.1 billion it takes no more writes. Vacuum it.`,
  ];
}
