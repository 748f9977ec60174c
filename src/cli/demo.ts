import { join, relative } from 'node:path';
import { Command } from 'commander';
import type { NightResult } from '../archive/night.ts';
import { nextNight, nightOf } from '../archive/night-date.ts';
import { listLakeTables } from '../archive/read-lake.ts';
import { systemClock } from '../clock.ts';
import { composeArchiver, openLake } from '../composition.ts';
import { type Config, readConfig } from '../config.ts';
import { createDatabase, startEmbeddedPostgres } from '../demo/embedded-postgres.ts';
import { changeNavigator } from '../demo/navigator-changes.ts';
import { isSeeded, seedNavigator } from '../demo/navigator-seed.ts';
import { PermafrostError } from '../errors.ts';
import { parseSourceUrl } from '../postgres/connection-settings.ts';
import { applySchedule, deleteSchedule, scheduleIdOf } from '../temporal/schedule.ts';
import { scheduleUrl, workflowUrl } from '../temporal/ui-links.ts';
import { exitCodeOfNight } from './exit-code.ts';
import { followNight } from './follow-night.ts';
import { type InterruptibleRun, runInterruptibly } from './interruptible.ts';
import { parseNight, toNightRequest } from './night-options.ts';
import { type NightService, openNightService } from './night-service.ts';
import { describeDelivery, printNight } from './night-table.ts';
import { DEFAULT_TIME } from './schedule.ts';
import { complain, say, untilAborted } from './terminal.ts';

type DemoOptions = {
  readonly set: string;
  readonly lake?: string;
  readonly date?: string;
  readonly once?: boolean;
};

/** `permafrost demo` (`npm start`): one night of a database that is made for it, then the schedule, until interrupted. */
export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'freeze one night of an embedded Postgres with realistic data; each further start freezes the next',
    )
    .option('--set <name>', 'the source set', 'navigator')
    .option('--lake <folder>', 'the lake (PERMAFROST_LAKE)')
    .option('--date <date>', 'the run date, yyyy-mm-dd; today, or the night after the newest in the lake')
    .option('--once', 'end after the night, with its exit code')
    .action(runDemo);
}

async function runDemo(options: DemoOptions): Promise<void> {
  if (options.set !== 'navigator') {
    throw new PermafrostError('configuration', `there is no demo database for the set ${options.set}`, {
      cure: 'choose --set navigator, or archive a database of your own with permafrost archive',
    });
  }
  const settings = readConfig(options);
  await runInterruptibly(async (run) => {
    const night = await run.step(() => chooseNight(settings, options.date));
    const url = await openDatabase(run, settings, night);
    await archiveAndStay(run, { ...settings, source: parseSourceUrl(url) }, night, options.once ?? false);
  });
}

async function chooseNight(config: Config, date: string | undefined): Promise<string> {
  if (date !== undefined) return parseNight(date, '--date');
  const today = nightOf(systemClock.now());
  const tables = await listLakeTables(openLake(config.lake).catalog);
  const newest = tables
    .flatMap((table) => table.latestNight ?? [])
    .toSorted()
    .at(-1);
  return newest === undefined || newest < today ? today : nextNight(newest);
}

async function openDatabase(run: InterruptibleRun, settings: Config, night: string): Promise<string> {
  const postgres = await run.open(
    () => startEmbeddedPostgres({ folder: join(settings.stateFolder, 'postgres') }),
    (opened) => opened.stop(),
  );
  for (const notice of postgres.notices) complain(notice);
  const url = await run.step(() => createDatabase(postgres, 'navigator'));
  await run.step(() => fillDatabase(url, night));
  return url;
}

async function fillDatabase(url: string, night: string): Promise<void> {
  if (await isSeeded(url)) {
    complain(`the demo database lives on: rows are inserted, updated and deleted before the night ${night}`);
    await changeNavigator(url, night);
  } else {
    complain('seeding the demo database: 26 tables of a legal-entity platform');
    await seedNavigator(url);
  }
}

async function archiveAndStay(
  run: InterruptibleRun,
  config: Config,
  night: string,
  once: boolean,
): Promise<void> {
  const archiver = await run.open(
    () => composeArchiver(config),
    (opened) => opened.close(),
  );
  const request = { ...toNightRequest(config), night, attended: true };
  await run.step(() => archiver.checkNight(request));
  const service = await openNightService(run, config, archiver);
  const result = await followNight(service, request, run.signal);
  say(`\n${printNight(result)}\n\n${nextSteps(result, service, config, once)}`);
  process.exitCode = exitCodeOfNight(result);
  if (!once) await stayUp(service, config, run.signal);
}

async function stayUp(service: NightService, config: Config, stopped: AbortSignal): Promise<void> {
  const { client, taskQueue, server } = service;
  const scheduleId = scheduleIdOf(taskQueue, config.set);
  await applySchedule(client, { taskQueue, request: toNightRequest(config), ...DEFAULT_TIME });
  say(
    `The worker stays up and the schedule ${scheduleId} freezes every night at 01:15 UTC. Ctrl-C ends everything.`,
  );
  if (server.uiUrl !== undefined) say(`  ${scheduleUrl(server.uiUrl, server.namespace, scheduleId)}`);
  try {
    await Promise.race([untilAborted(stopped), service.working]);
  } finally {
    // The database ends with this process: on a server that lives on, later nights would wait for a worker in vain.
    await deleteSchedule(client, scheduleId).catch(() => undefined);
  }
}

/** Without links to a Temporal UI that ends with this command. */
function nextSteps(result: NightResult, service: NightService, config: Config, once: boolean): string {
  const lake = relative('.', config.lake.folder) || '.';
  const option = lake === 'lake' ? '' : ` --lake ${lake}`;
  const { uiUrl, namespace } = service.server;
  const workflow = result.workflow;
  return [
    `lake       ${config.lake.folder}`,
    ...mailLines(result),
    ...(once || uiUrl === undefined || workflow === undefined
      ? []
      : [`Temporal   ${workflowUrl(uiUrl, namespace, workflow.id)}`]),
    `query      npx permafrost query${option} "select event, count(*) from email_events join sent_emails using (dt, sg_message_id) group by event"`,
    `           npx permafrost history${option} persons`,
    '',
  ].join('\n');
}

function mailLines({ report }: NightResult): readonly string[] {
  if (report === undefined) return [];
  if (report.kind !== 'written') return [`e-mail     ${describeDelivery(report)}`];
  return report.files.map((file, index) => `${index === 0 ? 'e-mail' : '      '}     ${file}`);
}
