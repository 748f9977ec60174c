import { Command } from 'commander';
import { composeArchiver } from '../composition.ts';
import { readConfig } from '../config.ts';
import { EXIT, exitCodeOfNight } from './exit-code.ts';
import { followNight } from './follow-night.ts';
import { runInterruptibly } from './interruptible.ts';
import { type NightOptions, parsePastNight, toNightRequest, withNightOptions } from './night-options.ts';
import { nightsOf } from './night-range.ts';
import { openNightService } from './night-service.ts';
import { describeDelivery, printNight } from './night-table.ts';
import { complain, say } from './terminal.ts';

/** `permafrost backfill --from --to`: every date of a range, oldest first. */
export function backfillCommand(): Command {
  return withNightOptions(new Command('backfill'))
    .description('archive a range of dates; a past date is recorded with the state of today, marked late')
    .requiredOption('--from <date>', 'the first date, yyyy-mm-dd')
    .requiredOption('--to <date>', 'the last date, yyyy-mm-dd')
    .action(async (options: NightOptions & { readonly from: string; readonly to: string }) => {
      const config = readConfig(options);
      const range = { from: parsePastNight(options.from, '--from'), to: parsePastNight(options.to, '--to') };
      const request = toNightRequest(config);
      const nights = nightsOf(range.from, range.to);
      await runInterruptibly(async (run) => {
        const archiver = await run.open(
          () => composeArchiver(config),
          (opened) => opened.close(),
        );
        await run.step(() => archiver.checkNight(request));
        const service = await openNightService(run, config, archiver);
        for (const night of nights) {
          // One after another: each reads the whole source.
          const result = await followNight(service, { ...request, night, attended: true }, run.signal);
          say(printNight(result));
          if (result.report !== undefined) complain(describeDelivery(result.report));
          // The worst of them: a table that is missing before a mail that is.
          if (process.exitCode !== EXIT.incomplete)
            process.exitCode = exitCodeOfNight(result) || process.exitCode;
        }
      });
    });
}
