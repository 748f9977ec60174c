import { expect, test } from 'vitest';
import {
  applySchedule,
  deleteSchedule,
  type NightSchedule,
  pauseSchedule,
  scheduleIdOf,
  triggerSchedule,
  unpauseSchedule,
} from '../../src/temporal/schedule.ts';
import { describeSchedule } from '../../src/temporal/schedule-state.ts';
import { FakeArchiver } from '../workflows/fake-archiver.ts';
import type { NightBench } from '../workflows/night-bench.ts';
import { atTemporal } from '../workflows/temporal-bench.ts';

function scheduleFor({ taskQueue, request }: NightBench): NightSchedule {
  return { taskQueue, request: { set: request.set, tables: [] }, hour: 1, minute: 15 };
}

test('applying twice updates the schedule and keeps the pause of a person', async () => {
  await atTemporal(new FakeArchiver(), async (bench) => {
    const { client, request, taskQueue } = bench;
    expect(await applySchedule(client, scheduleFor(bench))).toBe('created');
    await pauseSchedule(client, scheduleIdOf(taskQueue, request.set), 'the source is being moved');
    expect(await applySchedule(client, { ...scheduleFor(bench), hour: 4 })).toBe('updated');

    const paused = await describeSchedule(client, scheduleIdOf(taskQueue, request.set));
    expect(paused).toMatchObject({ paused: true, note: 'the source is being moved', missed: 0, skipped: 0 });
    expect(paused.nextNights[0]).toMatch(/T04:15:00.000Z$/);
    await unpauseSchedule(client, scheduleIdOf(taskQueue, request.set), 'moved');
    expect(await describeSchedule(client, scheduleIdOf(taskQueue, request.set))).toMatchObject({
      paused: false,
    });

    const { policies } = await client.schedule.getHandle(scheduleIdOf(taskQueue, request.set)).describe();
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 12 * 3_600_000, pauseOnFailure: false });
    await deleteSchedule(client, scheduleIdOf(taskQueue, request.set));
  });
});

test('a schedule that would no longer freeze a table is refused, and stays as it is', async () => {
  await atTemporal(new FakeArchiver(), async (bench) => {
    const { client, request, taskQueue } = bench;
    const scheduleId = scheduleIdOf(taskQueue, request.set);
    const freezing = (...tables: readonly string[]) => ({
      ...scheduleFor(bench),
      request: { set: request.set, tables },
    });
    await applySchedule(client, freezing('public.a'));
    await expect(applySchedule(client, { ...freezing('public.b'), hour: 4 })).rejects.toMatchObject({
      code: 'configuration',
      message: `the schedule ${scheduleId} freezes public.a, and would no longer freeze public.a`,
    });
    expect((await describeSchedule(client, scheduleId)).nextNights[0]).toMatch(/T01:15:00.000Z$/);
    expect(await applySchedule(client, freezing('public.a', 'public.b'))).toBe('updated');
    await deleteSchedule(client, scheduleId);
  });
});

test('a schedule of a whole set is not narrowed to some of its tables', async () => {
  await atTemporal(new FakeArchiver(), async (bench) => {
    const { client, request, taskQueue } = bench;
    const scheduleId = scheduleIdOf(taskQueue, request.set);
    await applySchedule(client, scheduleFor(bench));
    const narrowed = { ...scheduleFor(bench), request: { set: request.set, tables: ['public.a'] } };
    await expect(applySchedule(client, narrowed)).rejects.toMatchObject({
      code: 'configuration',
      message: `the schedule ${scheduleId} freezes the whole set ${request.set}, and would freeze only public.a`,
    });
    expect((await describeSchedule(client, scheduleId)).request).toEqual({ set: request.set, tables: [] });
    await deleteSchedule(client, scheduleId);
  });
});

test('a schedule tells when it is due, how its nights ended, and whether a worker is up', async () => {
  const archiver = new FakeArchiver({ tables: ['a'], missing: ['public.gone'] });
  await atTemporal(archiver, async (bench) => {
    const { client, request, taskQueue } = bench;
    const scheduleId = scheduleIdOf(taskQueue, request.set);
    await applySchedule(client, scheduleFor(bench));
    await triggerSchedule(client, scheduleId);
    const ended = async () => (await describeSchedule(client, scheduleId)).recentNights.at(-1);
    await expect
      .poll(ended, { timeout: 15_000 })
      .toMatchObject({ status: 'failed', failure: '1 of 2 tables were not archived: public.gone' });
    expect(await describeSchedule(client, scheduleId)).toMatchObject({ at: '01:15', worked: true });

    const idle = { ...scheduleFor(bench), taskQueue: `idle-${taskQueue}` };
    await deleteSchedule(client, scheduleId);
    await applySchedule(client, idle);
    expect(await describeSchedule(client, scheduleId)).toMatchObject({ worked: false, recentNights: [] });
    await deleteSchedule(client, scheduleId);
  });
});

test('two databases or lakes on one server have schedules of their own', async () => {
  await atTemporal(new FakeArchiver(), async (bench) => {
    const { client, request, taskQueue } = bench;
    const other = { ...scheduleFor(bench), taskQueue: 'permafrost-another' };
    expect(await applySchedule(client, scheduleFor(bench))).toBe('created');
    expect(await applySchedule(client, other)).toBe('created');
    await deleteSchedule(client, scheduleIdOf(other.taskQueue, request.set));
    const { action } = await client.schedule.getHandle(scheduleIdOf(taskQueue, request.set)).describe();
    expect(action.taskQueue).toBe(taskQueue);
    await deleteSchedule(client, scheduleIdOf(taskQueue, request.set));
  });
});

test('a night that a schedule starts takes its run date from the time it was due', async () => {
  const archiver = new FakeArchiver({ tables: ['a'] });
  await atTemporal(archiver, async (bench) => {
    const { client, request, taskQueue } = bench;
    await applySchedule(client, scheduleFor(bench));
    // The server fills in past firings as if they were due then: the same code as a late one.
    await client.schedule.getHandle(scheduleIdOf(taskQueue, request.set)).backfill({
      start: new Date('2024-03-30T01:15:00Z'),
      end: new Date('2024-03-31T01:15:00Z'),
      overlap: 'BUFFER_ALL',
    });
    await expect
      .poll(() => archiver.reports.map((report) => report.night), { timeout: 15_000 })
      .toEqual(['2024-03-30', '2024-03-31']);
    expect(archiver.reports[0]).toMatchObject({ late: true, set: request.set });
    expect(archiver.reports[0]?.workflow?.id).toBe(
      `${scheduleIdOf(taskQueue, request.set)}-2024-03-30T01:15:00Z`,
    );
    await deleteSchedule(client, scheduleIdOf(taskQueue, request.set));
  });
});

test('a triggered night has today as its run date', async () => {
  const archiver = new FakeArchiver({ tables: ['a'] });
  await atTemporal(archiver, async (bench) => {
    const { client, request, taskQueue } = bench;
    await applySchedule(client, scheduleFor(bench));
    await triggerSchedule(client, scheduleIdOf(taskQueue, request.set));
    await expect.poll(() => archiver.reports.length, { timeout: 15_000 }).toBe(1);
    expect(archiver.reports[0]).toMatchObject({ night: new Date().toISOString().slice(0, 10), late: false });
    await expect
      .poll(
        async () =>
          (await describeSchedule(client, scheduleIdOf(taskQueue, request.set))).recentNights.length,
        {
          timeout: 15_000,
        },
      )
      .toBe(1);
    await deleteSchedule(client, scheduleIdOf(taskQueue, request.set));
  });
});

test('a schedule that is not there is named', async () => {
  await atTemporal(new FakeArchiver(), async ({ client, request }) => {
    for (const act of [describeSchedule, deleteSchedule, triggerSchedule]) {
      await expect(act(client, request.set)).rejects.toMatchObject({ code: 'configuration' });
    }
  });
});
