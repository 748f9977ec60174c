import { Command } from 'commander';
import { composeArchiver } from '../composition.ts';
import { readConfig } from '../config.ts';
import { type NightOptions, withNightOptions } from './night-options.ts';
import { openNightService } from './night-service.ts';
import { abortOnInterrupt, complain, untilAborted } from './terminal.ts';

/** `permafrost worker`: runs the nights of one source and lake until it is stopped. */
export function workerCommand(): Command {
  return withNightOptions(new Command('worker'))
    .description('run nights as they are scheduled or started, until interrupted')
    .action(async (options: NightOptions) => {
      const config = readConfig(options);
      const stopped = abortOnInterrupt();
      const archiver = composeArchiver(config);
      try {
        const service = await openNightService(config, archiver, complain);
        complain(`worker up: Temporal ${service.server.address}, task queue ${service.taskQueue}`);
        try {
          await Promise.race([untilAborted(stopped), service.working]);
        } finally {
          await service.close();
        }
      } finally {
        await archiver.close();
      }
    });
}
