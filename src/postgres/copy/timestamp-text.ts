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
  return timestampText(microsecondsSince2000 + MICROSECONDS_1970_TO_2000, utc);
}

/** Postgres' text (DateStyle ISO) of days since 1970. */
export function dateText(daysSince1970: number): string {
  const { date, isBc } = partsOf(daysSince1970);
  return isBc ? `${date} BC` : date;
}

/** Postgres' text (DateStyle ISO, TimeZone UTC) of microseconds since 1970. */
export function timestampText(microsecondsSince1970: bigint, utc: boolean): string {
  let days = microsecondsSince1970 / MICROSECONDS_PER_DAY;
  let ofDay = microsecondsSince1970 % MICROSECONDS_PER_DAY;
  if (ofDay < 0n) {
    days -= 1n;
    ofDay += MICROSECONDS_PER_DAY;
  }
  const { date, isBc } = partsOf(Number(days));
  return `${date} ${timeText(ofDay)}${utc ? '+00' : ''}${isBc ? ' BC' : ''}`;
}

/** Years repeat every 400; JavaScript's dates end before Postgres' do. The year before 1 is 1 BC. */
function partsOf(daysSince1970: number): { readonly date: string; readonly isBc: boolean } {
  const daysPer400Years = 146_097;
  const cycles = Math.floor(daysSince1970 / daysPer400Years);
  const date = new Date((daysSince1970 - cycles * daysPer400Years) * 86_400_000);
  const year = date.getUTCFullYear() + cycles * 400;
  const isBc = year < 1;
  const shown = String(isBc ? 1 - year : year).padStart(4, '0');
  return { date: `${shown}-${date.toISOString().slice(5, 10)}`, isBc };
}

function timeText(microseconds: bigint): string {
  const wholeSeconds = Number(microseconds / MICROSECONDS_PER_SECOND);
  const clock = new Date(wholeSeconds * 1000).toISOString().slice(11, 19);
  const fraction = String(microseconds % MICROSECONDS_PER_SECOND)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return fraction === '' ? clock : `${clock}.${fraction}`;
}
