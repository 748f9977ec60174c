import type { Client } from '@temporalio/client';
import type { NightRequest, NightResult } from '../archive/night.ts';
import { PermafrostError } from '../errors.ts';
import { awaitNight, startNight } from './start-night.ts';

const day = 24 * 3600 * 1_000;
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
  for (const night of datesOf(range.from, range.to)) {
    const started = await startNight(client, taskQueue, { ...request, night });
    yield await awaitNight(client, started);
  }
}

/** Every date from `from` to `to`, both included. Error: `configuration`. */
export function datesOf(from: string, to: string): readonly string[] {
  const first = instantOf(from);
  const last = instantOf(to);
  const count = (last - first) / day + 1;
  if (count < 1 || count > longestRange) {
    throw new PermafrostError(
      'configuration',
      `the range ${from} to ${to} is empty or longer than ten years`,
      {
        cure: 'name the earlier date first',
      },
    );
  }
  return Array.from({ length: count }, (_, index) => dateOf(first + index * day));
}

function instantOf(date: string): number {
  const instant = Date.parse(`${date}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(instant) || dateOf(instant) !== date) {
    throw new PermafrostError('configuration', 'a date of the range is not a date', {
      cure: 'write dates as yyyy-mm-dd',
    });
  }
  return instant;
}

function dateOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}
