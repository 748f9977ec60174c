/** Postgres counts from 2000-01-01, Arrow from 1970-01-01. */
export const DAYS_1970_TO_2000 = 10_957;
export const MICROSECONDS_1970_TO_2000 = 946_684_800_000_000n;

const MICROSECONDS_PER_SECOND = 1_000_000n;
const MICROSECONDS_PER_DAY = 86_400n * MICROSECONDS_PER_SECOND;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** Postgres' text of a date that int32 days since 1970 cannot hold; undefined for days that are no such date. */
export function specialDateText(daysSince2000: number): string | undefined {
  if (daysSince2000 === 0x7fffffff) return 'infinity';
  return daysSince2000 === -0x80000000 ? '-infinity' : undefined;
}

/**
 * Postgres' text (DateStyle ISO, TimeZone UTC) of a timestamp that int64 microseconds since 1970 cannot hold;
 * undefined if they can.
 */
export function specialTimestampText(microsecondsSince2000: bigint, utc: boolean): string | undefined {
  if (microsecondsSince2000 === INT64_MAX) return 'infinity';
  if (microsecondsSince2000 === INT64_MIN) return '-infinity';
  if (microsecondsSince2000 <= INT64_MAX - MICROSECONDS_1970_TO_2000) return undefined;
  // Only years after 294247 come here, so neither signs nor BC have to be thought of.
  const days = Number(microsecondsSince2000 / MICROSECONDS_PER_DAY) + DAYS_1970_TO_2000;
  const ofDay = microsecondsSince2000 % MICROSECONDS_PER_DAY;
  return `${dayText(days)} ${timeText(ofDay)}${utc ? '+00' : ''}`;
}

/** Years repeat every 400; JavaScript's dates end before Postgres' do. */
function dayText(daysSince1970: number): string {
  const daysPer400Years = 146_097;
  const cycles = Math.floor(daysSince1970 / daysPer400Years);
  const date = new Date((daysSince1970 - cycles * daysPer400Years) * 86_400_000);
  return `${date.getUTCFullYear() + cycles * 400}-${date.toISOString().slice(5, 10)}`;
}

function timeText(microseconds: bigint): string {
  const wholeSeconds = Number(microseconds / MICROSECONDS_PER_SECOND);
  const clock = new Date(wholeSeconds * 1000).toISOString().slice(11, 19);
  const fraction = String(microseconds % MICROSECONDS_PER_SECOND)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return fraction === '' ? clock : `${clock}.${fraction}`;
}
