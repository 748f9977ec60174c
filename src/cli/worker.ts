import { Command } from 'commander';
import { composeArchiver } from '../composition.ts';
import { readConfig } from '../config.ts';
import { createLogger } from '../logger.ts';
import { installRuntime } from '../temporal/runtime.ts';
import { runInterruptibly } from './interruptible.ts';
import { type NightOptions, withNightOptions } from './night-options.ts';
import { openNightService } from './night-service.ts';
import { complain, untilAborted } from './terminal.ts';

/** `permafrost worker`: runs the nights of one source and lake until it is stopped. */
export function workerCommand(): Command {
  return withNightOptions(new Command('worker'))
    .description('run nights as they are scheduled or started, until interrupted')
    .action(async (options: NightOptions) => {
      const config = readConfig(options);
      installRuntime(createLogger({ level: config.logLevel }), config.metricsAddress);
      await runInterruptibly(async (run) => {
        const archiver = await run.open(
          () => composeArchiver(config),
          (opened) => opened.close(),
        );
        const service = await openNightService(run, config, archiver);
        complain(`worker up: Temporal ${service.server.address}, task queue ${service.taskQueue}`);
        await Promise.race([untilAborted(run.signal), service.working]);
      });
    });
}
