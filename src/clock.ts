/** The only way to the time of day, so that a test can stop it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A clock that stands still. */
export function fixedClock(instant: Date | string): Clock {
  const milliseconds = new Date(instant).getTime();
  return { now: () => new Date(milliseconds) };
}
