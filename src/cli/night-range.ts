import { isNight, nextNight } from '../archive/night-date.ts';
import { PermafrostError } from '../errors.ts';

/** Nights. */
const longestRange = 3_660;

/** Every night from `from` to `to`, both included. Error: `configuration`. */
export function nightsOf(from: string, to: string): readonly string[] {
  if (!isNight(from) || !isNight(to)) {
    throw new PermafrostError('configuration', 'a date of the range is not a date', {
      cure: 'write dates as yyyy-mm-dd',
    });
  }
  const nights: string[] = [];
  for (let night = from; night <= to && nights.length <= longestRange; night = nextNight(night))
    nights.push(night);
  if (nights.length === 0 || nights.length > longestRange) {
    throw new PermafrostError(
      'configuration',
      `the range ${from} to ${to} is empty or longer than ten years`,
      {
        cure: 'name the earlier date first',
      },
    );
  }
  return nights;
}
