import { PermafrostError } from '../../errors.ts';

/*
 * Postgres' text output, value by value. Each parser gives undefined for a value that the Arrow type cannot hold, and
 * throws for text that the type never prints: then the session has other settings than it should.
 */

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const MICROSECONDS_PER_DAY = 86_400_000_000n;

/** Days since 1970-01-01 in the proleptic Gregorian calendar; undefined for ±infinity. */
export function parseDate(text: string): number | undefined {
  if (isInfinity(text)) return undefined;
  const parts = /^(\d{4,})-(\d\d)-(\d\d)( BC)?$/.exec(text);
  if (parts === null) throw unreadable('date');
  const [, year, month, day, era] = parts;
  return daysSince1970(era === undefined ? Number(year) : 1 - Number(year), Number(month), Number(day));
}

/** Microseconds since 1970-01-01 00:00; undefined for ±infinity and beyond int64. */
export function parseTimestamp(text: string, utc: boolean): bigint | undefined {
  if (isInfinity(text)) return undefined;
  const parts = /^(\d{4,}-\d\d-\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(\+00)?( BC)?$/.exec(text);
  if (parts === null || (parts[6] !== undefined) !== utc) throw unreadable('timestamp');
  const [, date = '', hours, minutes, seconds, fraction = '', , era = ''] = parts;
  const ofDay = BigInt((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000_000n;
  const days = BigInt(parseDate(date + era) ?? 0);
  const value = days * MICROSECONDS_PER_DAY + ofDay + BigInt(fraction.padEnd(6, '0'));
  return value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
}

/** value × 10^scale; undefined where that is no integer, has more digits than the precision, or is not finite. */
export function parseNumeric(text: string, precision: number, scale: number): bigint | undefined {
  if (text === 'NaN' || isInfinity(text.toLowerCase())) return undefined;
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (parts === null) throw unreadable('numeric');
  const [, sign, whole = '', fraction = ''] = parts;
  if (!/^0*$/.test(fraction.slice(scale))) return undefined;
  const digits = (whole + fraction.slice(0, scale).padEnd(scale, '0')).replace(/^0+(?=\d)/, '');
  if (digits !== '0' && digits.length > precision) return undefined;
  return BigInt(digits) * (sign === '-' ? -1n : 1n);
}

/** The bytes that `bytea_output = hex` stands for. */
export function parseBytea(text: string): Buffer {
  if (!/^\\x(?:[0-9a-f]{2})*$/.test(text)) throw unreadable('bytea');
  return Buffer.from(text.slice(2), 'hex');
}

/** The elements' texts of a one-dimensional array that begins at 1; undefined for any other. */
export function parseArray(text: string): (string | null)[] | undefined {
  if (text.startsWith('[') || text.startsWith('{{')) return undefined;
  if (!text.startsWith('{') || !text.endsWith('}')) throw unreadable('array');
  const elements: (string | null)[] = [];
  let at = 1;
  while (at < text.length - 1) {
    const start = at;
    if (text[at] === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
      at++;
      elements.push(text.slice(start + 1, at - 1).replace(/\\(.)/gsu, '$1'));
    } else {
      while (text[at] !== ',' && at < text.length - 1) at++;
      const plain = text.slice(start, at);
      elements.push(plain === 'NULL' ? null : plain);
    }
    at++;
  }
  return elements;
}

function isInfinity(text: string): boolean {
  return text === 'infinity' || text === '-infinity';
}

/** Counts years from March, so that the leap day is the last of its year. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = (month + 9) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  const daysToMarch1970 = 719_468;
  return marchYear * 365 + leapDays + Math.floor((marchMonth * 153 + 2) / 5) + day - 1 - daysToMarch1970;
}

function unreadable(type: string): PermafrostError {
  return new PermafrostError('protocol', `a ${type} is not in the form that the session was set to`, {
    cure: 'set DateStyle ISO, TimeZone UTC, IntervalStyle postgres and bytea_output hex in the session',
  });
}
