import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import type { DatedNightRequest } from '../archive/archiver.ts';
import type { NightResult, ReportOutcome } from '../archive/night.ts';
import { nightOf } from '../archive/night-date.ts';
import { runNight } from '../archive/run-night.ts';
import { systemClock } from '../clock.ts';
import { type ComposedArchiver, composeArchiver } from '../composition.ts';
import { type Config, readConfig, tablesUnderWay } from '../config.ts';
import { PermafrostError } from '../errors.ts';
import { exitCodeOfNight } from './exit-code.ts';
import { type InterruptibleRun, runInterruptibly } from './interruptible.ts';
import { type NightOptions, parsePastNight, toNightRequest, withNightOptions } from './night-options.ts';
import { describeDelivery, printNight } from './night-table.ts';
import { createProgressView, watchWith } from './progress-view.ts';
import { complain, say } from './terminal.ts';

type ArchiveOptions = NightOptions & {
  readonly date?: string;
  readonly json?: boolean;
  readonly temporal: boolean;
};

/** `permafrost archive`: one night, now. */
export function archiveCommand(): Command {
  return withNightOptions(new Command('archive'))
    .description('archive one night now')
    .option('--date <date>', 'the run date, yyyy-mm-dd; today (UTC) unless told')
    .option('--json', 'print the result as JSON')
    .option('--no-temporal', 'run in this process alone: not durable, nothing is retried')
    .action(async (options: ArchiveOptions) => {
      const config = readConfig(options);
      const night =
        options.date === undefined ? nightOf(systemClock.now()) : parsePastNight(options.date, '--date');
      const request = { ...toNightRequest(config), night, attended: true };
      await runInterruptibly(async (run) => {
        const archiver = await run.open(
          () => composeArchiver(config),
          (opened) => opened.close(),
        );
        await run.step(() => archiver.checkNight(request));
        const archive = options.temporal ? archiveDurably : archiveHere;
        const result = await archive(run, config, archiver, request);
        say(options.json ? JSON.stringify(result, undefined, 2) : printNight(result));
        if (result.report !== undefined) complain(describeDelivery(result.report));
        process.exitCode = exitCodeOfNight(result);
      });
    });
}

/** Only here is Temporal loaded: it takes half of a start. */
async function archiveDurably(
  run: InterruptibleRun,
  config: Config,
  archiver: ComposedArchiver,
  request: DatedNightRequest,
): Promise<NightResult> {
  const [{ openNightService }, { followNight }] = await Promise.all([
    import('./night-service.ts'),
    import('./follow-night.ts'),
  ]);
  const service = await openNightService(run, config, archiver);
  return followNight(service, request, run.signal);
}

async function archiveHere(
  run: InterruptibleRun,
  config: Config,
  archiver: ComposedArchiver,
  request: DatedNightRequest,
): Promise<NightResult> {
  complain('not durable: without Temporal an interrupted night has to be started again by hand');
  const view = createProgressView();
  const result = await runNight(request, {
    archiver,
    clock: systemClock,
    runId: randomUUID(),
    concurrency: tablesUnderWay(config),
    signal: run.signal,
    watch: watchWith(view),
  });
  view.end();
  return { ...result, report: await reportHere(archiver, result) };
}

async function reportHere(archiver: ComposedArchiver, result: NightResult): Promise<ReportOutcome> {
  try {
    return await archiver.sendReport(result);
  } catch (error) {
    if (!(error instanceof PermafrostError)) throw error;
    const { code, message, cure } = error;
    const kept = await archiver.keepReport(result).catch(() => undefined);
    const files = kept?.kind === 'written' ? kept.files : [];
    return { kind: 'not-sent', code, message, ...(cure === undefined ? {} : { cure }), files };
  }
}
