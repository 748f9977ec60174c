import { Command } from 'commander';
import { nightSucceeded } from '../archive/night.ts';
import { composeArchiver } from '../composition.ts';
import { readConfig } from '../config.ts';
import { backfillNights } from '../temporal/backfill.ts';
import { EXIT } from './exit-code.ts';
import { type NightOptions, parsePastNight, toNightRequest, withNightOptions } from './night-options.ts';
import { openNightService } from './night-service.ts';
import { printNight } from './night-table.ts';
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
      const archiver = composeArchiver(config);
      try {
        await archiver.checkNight(request);
        const service = await openNightService(config, archiver, complain);
        try {
          for await (const result of backfillNights(service.client, service.taskQueue, request, range)) {
            say(printNight(result));
            if (!nightSucceeded(result)) process.exitCode = EXIT.nightIncomplete;
          }
        } finally {
          await service.close();
        }
      } finally {
        await archiver.close();
      }
    });
}
