import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import type { DatedNightRequest } from '../src/archive/archiver.ts';
import { isLate, isNight, nightOf } from '../src/archive/night-date.ts';
import type { NightRequest } from '../src/archive/night.ts';
import { scheduledStartKey } from '../src/temporal/search-attributes.ts';

/**
 * Gives the request its run date: the UTC date at which the schedule was due, else the date that was asked for. A night
 * that lies before the day of the run is marked late, since it records the state of today.
 */
export function dateNight(request: NightRequest): DatedNightRequest & { readonly late: boolean } {
  const { startTime, typedSearchAttributes } = workflowInfo();
  const due = typedSearchAttributes.get(scheduledStartKey);
  const night = due === undefined ? request.night : nightOf(due);
  if (night === undefined) throw refuse('a night needs a run date', 'name the night as yyyy-mm-dd');
  if (!isNight(night)) throw refuse('the run date is not a date', 'name the night as yyyy-mm-dd');
  return { ...request, night, late: request.late ?? isLate(night, startTime) };
}

function refuse(message: string, cure: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'configuration',
    message,
    nonRetryable: true,
    details: [{ cure }],
  });
}
