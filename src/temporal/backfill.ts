import type { Client } from '@temporalio/client';
import { isNight, nextNight } from '../archive/night-date.ts';
import type { NightRequest, NightResult } from '../archive/night.ts';
import { PermafrostError } from '../errors.ts';
import { awaitNight, startNight } from './start-night.ts';

/** Nights. */
const longestRange = 3_660;

/**
 * Archives every date of a range, oldest first and one after another, each as its own night. The past of a full
 * snapshot is gone: every night before today is marked late.
 */
export async function* backfillNights(
  client: Client,
  taskQueue: string,
  request: Omit<NightRequest, 'night' | 'late'>,
  range: { readonly from: string; readonly to: string },
): AsyncGenerator<NightResult> {
  for (const night of nightsOf(range.from, range.to)) {
    const started = await startNight(client, taskQueue, { ...request, night });
    yield await awaitNight(client, started);
  }
}

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
