/** A day of the proleptic Gregorian calendar; month and day count from 1. */
export type CalendarDate = { readonly year: number; readonly month: number; readonly day: number };

const DAYS_PER_ERA = 146_097;
const DAYS_FROM_MARCH_OF_YEAR_0_TO_1970 = 719_468;

/**
 * The calendar date of a day counted from 1970-01-01. Not `Date`: that ends in the year 275760, timestamps in
 * microseconds end in 294247. Counts in 400-year eras of years that start in March, so that leap days come last.
 */
export function calendarDateOf(daysFromEpoch: number): CalendarDate {
  const days = daysFromEpoch + DAYS_FROM_MARCH_OF_YEAR_0_TO_1970;
  const era = Math.floor(days / DAYS_PER_ERA);
  const dayOfEra = days - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / (DAYS_PER_ERA - 1))) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day };
}

/** Quotient rounded toward minus infinity, so that instants before 1970 fall into the unit they belong to. */
export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
