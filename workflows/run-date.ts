import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import type { DatedNightRequest } from '../src/archive/archiver.ts';
import type { NightRequest } from '../src/archive/night.ts';
import { scheduledStartKey } from '../src/temporal/search-attributes.ts';

/**
 * Gives the request its run date: the UTC date at which the schedule was due, else the date that was asked for. A night
 * that lies before the day of the run is marked late, since it records the state of today.
 */
export function dateNight(request: NightRequest): DatedNightRequest & { readonly late: boolean } {
  const { startTime, typedSearchAttributes } = workflowInfo();
  const today = utcDate(startTime);
  const due = typedSearchAttributes.get(scheduledStartKey);
  const night = due === undefined ? request.night : utcDate(due);
  if (night === undefined) throw refuse('a night needs a run date', 'name the night as yyyy-mm-dd');
  if (!isDate(night)) throw refuse('the run date is not a date', 'name the night as yyyy-mm-dd');
  if (night > today) throw refuse(`the night ${night} lies in the future`, 'name today or an earlier date');
  return { ...request, night, late: request.late ?? night < today };
}

function utcDate(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}

function isDate(text: string): boolean {
  const instant = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(instant.getTime()) && utcDate(instant) === text;
}

function refuse(message: string, cure: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'configuration',
    message,
    nonRetryable: true,
    details: [{ cure }],
  });
}
