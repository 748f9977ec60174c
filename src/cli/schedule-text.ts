import { formatInstant, formatQuantity } from '../quantity.ts';
import type { ScheduledRequest } from '../temporal/schedule.ts';
import type { RecentNight, ScheduleState } from '../temporal/schedule-state.ts';
import { printable } from './printable.ts';

/** More of the future tells nothing new. */
const nextShown = 3;

/** A schedule for people; `lake` is where its nights are written. */
export function printSchedule(state: ScheduleState, lake: string): string {
  const { request, recentNights, missed, skipped } = state;
  const lines = [
    ['schedule', state.scheduleId],
    ['when', state.at === undefined ? 'not as this program sets it' : `every night at ${state.at} UTC`],
    ['freezes', request === undefined ? 'what another program asks for' : describeRequest(request)],
    ['lake', lake],
    ['state', describeState(state)],
    ['worker', state.worked ? 'up' : 'none is up: nights wait until permafrost worker runs'],
    ['next', state.nextNights.slice(0, nextShown).map(formatInstant).join(', ') || 'none'],
    ['last', recentNights.length === 0 ? 'none' : ''],
    ...recentNights.toReversed().map((night) => ['', describeNight(night)]),
    ...(missed === 0 ? [] : [['missed', `${formatQuantity(missed, 'night')}: the server was down`]]),
    ...(skipped === 0 ? [] : [['skipped', `${formatQuantity(skipped, 'night')}: the one before still ran`]]),
  ];
  return lines.map(([title = '', text = '']) => printable(`${title.padEnd(10)}${text}`).trimEnd()).join('\n');
}

function describeRequest({ set, tables, drill }: ScheduledRequest): string {
  const named = tables.join(', ');
  const what =
    set === 'adhoc' ? named : tables.length === 0 ? `the set ${set}` : `${named} of the set ${set}`;
  return drill === true ? `${what}; then a drill` : what;
}

function describeState({ paused, note }: ScheduleState): string {
  if (!paused) return 'active';
  return note === undefined ? 'paused' : `paused: ${note}`;
}

function describeNight({ dueAt, status, failure }: RecentNight): string {
  const text = status === 'completed' ? 'whole' : (failure ?? status.replaceAll('_', ' '));
  return `${formatInstant(dueAt)}  ${text}`;
}
