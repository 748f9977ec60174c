import { relative } from 'node:path';
import type { Client } from '@temporalio/client';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Config, readConfig } from '../config.ts';
import {
  applySchedule,
  deleteSchedule,
  pauseSchedule,
  scheduleIdOf,
  triggerSchedule,
  unpauseSchedule,
} from '../temporal/schedule.ts';
import { describeSchedule } from '../temporal/schedule-state.ts';
import { isWorked } from '../temporal/worker-presence.ts';
import { runInterruptibly } from './interruptible.ts';
import { type NightOptions, toNightRequest, withNightOptions } from './night-options.ts';
import { openClient } from './night-service.ts';
import { printSchedule } from './schedule-text.ts';
import { complain, say } from './terminal.ts';

/** When the nightly run is due unless told otherwise, UTC. */
export const DEFAULT_TIME = { hour: 1, minute: 15 };

type ScheduleWork = (client: Client, config: Config, taskQueue: string) => Promise<void>;

/** `permafrost schedule apply|describe|pause|unpause|trigger|delete`. */
export function scheduleCommand(): Command {
  return new Command('schedule')
    .description('the nightly run: a Temporal schedule, in UTC')
    .addCommand(applyCommand())
    .addCommand(describeCommand())
    .addCommand(
      verb('pause', 'start no night until unpaused', async (client, config, taskQueue) => {
        await pauseSchedule(
          client,
          scheduleIdOf(taskQueue, config.set),
          'paused with permafrost schedule pause',
        );
        say(`${scheduleIdOf(taskQueue, config.set)} is paused`);
      }),
    )
    .addCommand(
      verb('unpause', 'start nights again', async (client, config, taskQueue) => {
        await unpauseSchedule(
          client,
          scheduleIdOf(taskQueue, config.set),
          'unpaused with permafrost schedule unpause',
        );
        say(`${scheduleIdOf(taskQueue, config.set)} is no longer paused`);
      }),
    )
    .addCommand(
      verb(
        'trigger',
        'start a night now, unless one is running; a worker has to be up',
        async (client, config, taskQueue) => {
          await triggerSchedule(client, scheduleIdOf(taskQueue, config.set));
          say(`${scheduleIdOf(taskQueue, config.set)} was triggered`);
          if (!(await isWorked(client, taskQueue))) complain(noWorker(taskQueue));
        },
      ),
    )
    .addCommand(
      verb(
        'delete',
        'remove the schedule; nights that ran or run stay',
        async (client, config, taskQueue) => {
          await deleteSchedule(client, scheduleIdOf(taskQueue, config.set));
          say(`${scheduleIdOf(taskQueue, config.set)} was deleted`);
        },
      ),
    );
}

function applyCommand(): Command {
  return withNightOptions(new Command('apply'))
    .description('create the schedule, or bring it up to date; a pause stays')
    .addOption(
      new Option('--at <hh:mm>', 'when a night is due, UTC')
        .argParser(parseTime)
        .default(DEFAULT_TIME, '01:15'),
    )
    .action(async (options: NightOptions & { readonly at: typeof DEFAULT_TIME }) => {
      await withClient(options, async (client, config, taskQueue) => {
        const done = await applySchedule(client, {
          taskQueue,
          request: toNightRequest(config),
          ...options.at,
        });
        const time = `${String(options.at.hour).padStart(2, '0')}:${String(options.at.minute).padStart(2, '0')}`;
        say(`${scheduleIdOf(taskQueue, config.set)} was ${done}: every night at ${time} UTC`);
      });
    });
}

function describeCommand(): Command {
  return withNightOptions(new Command('describe'))
    .description('when nights are due, how the last ones ended, and what was missed')
    .option('--json', 'as JSON')
    .action(async (options: NightOptions & { readonly json?: boolean }) => {
      await withClient(options, async (client, config, taskQueue) => {
        const state = await describeSchedule(client, scheduleIdOf(taskQueue, config.set));
        say(options.json ? JSON.stringify(state, undefined, 2) : printSchedule(state, config.lake.folder));
      });
    });
}

function verb(name: string, description: string, work: ScheduleWork): Command {
  return withNightOptions(new Command(name))
    .description(description)
    .action((options: NightOptions) => withClient(options, work));
}

async function withClient(options: NightOptions, work: ScheduleWork): Promise<void> {
  const config = readConfig(options);
  await runInterruptibly(async (run) => {
    const { client, server, taskQueue } = await openClient(run, config);
    await run.step(() => work(client, config, taskQueue));
    if (server.startedHere) complain(noServerStays(config));
  });
}

function noWorker(taskQueue: string): string {
  return `no worker is up for ${taskQueue}: the night waits until permafrost worker runs with the same source and lake`;
}

/** Said after work on a server that nobody else has, and that ends with this command. */
function noServerStays({ stateFolder }: Config): string {
  const kept = relative('.', stateFolder) || '.';
  return `no Temporal server stays up: no night runs until permafrost worker does, which goes on with the schedules kept in ${kept}, or until TEMPORAL_ADDRESS names a server and the schedule is applied there`;
}

/** Reads `hh:mm`. Error: of commander, for anything else. */
export function parseTime(text: string): typeof DEFAULT_TIME {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour === undefined || minute === undefined)
    throw new InvalidArgumentError('write it as hh:mm, for example 01:15');
  return { hour: Number(hour), minute: Number(minute) };
}
