import { expect, test } from 'vitest';
import { printSchedule } from '../../src/cli/schedule-text.ts';
import type { ScheduleState } from '../../src/temporal/schedule-state.ts';

const state: ScheduleState = {
  scheduleId: 'archive-crm-1a2b3c4d',
  at: '01:15',
  request: { set: 'crm', tables: [] },
  paused: false,
  worked: true,
  nextNights: ['2026-11-28', '2026-11-29', '2026-11-30', '2026-12-01'].map((date) => `${date}T01:15:00.000Z`),
  recentNights: [
    { dueAt: '2026-11-26T01:15:00.000Z', workflowId: 'a', status: 'completed' },
    { dueAt: '2026-11-27T01:15:00.000Z', workflowId: 'b', status: 'failed', failure: '1 of 3 tables …' },
  ],
  missed: 0,
  skipped: 0,
};

test('a schedule is told in a few lines, its newest night first', () => {
  expect(printSchedule(state, '/srv/lake').split('\n')).toEqual([
    'schedule  archive-crm-1a2b3c4d',
    'when      every night at 01:15 UTC',
    'freezes   the set crm',
    'lake      /srv/lake',
    'state     active',
    'worker    up',
    'next      2026-11-28 01:15:00 UTC, 2026-11-29 01:15:00 UTC, 2026-11-30 01:15:00 UTC',
    'last',
    '          2026-11-27 01:15:00 UTC  1 of 3 tables …',
    '          2026-11-26 01:15:00 UTC  whole',
  ]);
});

test('what keeps nights from running is said', () => {
  const text = printSchedule(
    {
      ...state,
      paused: true,
      note: 'the source is being moved',
      worked: false,
      request: { set: 'adhoc', tables: ['public.a', 'crm.*'], drill: true },
      nextNights: [],
      recentNights: [],
      missed: 1,
      skipped: 2,
    },
    '/srv/lake',
  );
  expect(text).toContain('freezes   public.a, crm.*; then a drill\n');
  expect(text).toContain('state     paused: the source is being moved\n');
  expect(text).toContain('worker    none is up: nights wait until permafrost worker runs\n');
  expect(text).toContain('next      none\nlast      none\n');
  expect(text).toMatch(/^missed {4}1 night: .*\nskipped {3}2 nights: /m);
});
