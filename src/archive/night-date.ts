const DAY_MS = 86_400_000;

/** Days from 1970-01-01 to a night `yyyy-mm-dd`, as Iceberg counts dates. */
export function toEpochDays(night: string): number {
  return Date.parse(`${night}T00:00:00Z`) / DAY_MS;
}

/** The UTC date of an instant, as `yyyy-mm-dd`. */
export function nightOf(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}

/** True where a night is recorded with the state of a later day. */
export function isLate(night: string, startedAt: Date): boolean {
  return night < nightOf(startedAt);
}

/** The night after. */
export function nextNight(night: string): string {
  return nightOf(new Date(Date.parse(`${night}T00:00:00Z`) + DAY_MS));
}

/** True for a date that exists, written `yyyy-mm-dd`. */
export function isNight(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) &&
    !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) &&
    nightOf(new Date(`${text}T00:00:00Z`)) === text
  );
}
