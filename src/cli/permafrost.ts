import { Command, CommanderError } from 'commander';
import { errorCodeOf, PermafrostError } from '../errors.ts';
import { archiveCommand } from './archive.ts';
import { backfillCommand } from './backfill.ts';
import { demoCommand } from './demo.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { historyCommand } from './history.ts';
import { queryCommand } from './query.ts';
import { scheduleCommand } from './schedule.ts';
import { tablesCommand } from './tables.ts';
import { complain, exitWhenSaid, tolerateClosedPipes } from './terminal.ts';
import { workerCommand } from './worker.ts';

const program = new Command('permafrost')
  .description(
    'Freezes a Postgres database, every night, into an Apache Iceberg lake that any engine can read.',
  )
  .addCommand(archiveCommand())
  .addCommand(backfillCommand())
  .addCommand(scheduleCommand())
  .addCommand(workerCommand())
  .addCommand(tablesCommand())
  .addCommand(historyCommand())
  .addCommand(queryCommand())
  .addCommand(demoCommand());

throwInsteadOfExit(program);
tolerateClosedPipes();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
// Idle threads, sockets and the Temporal runtime must not keep a finished command alive.
exitWhenSaid();

/** Commander hands its settings to no command that was made elsewhere, however deep. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError('(add --help for the options)');
  for (const verb of command.commands) throwInsteadOfExit(verb);
}

/** One clear line, the cure below it; a stack only for what was not foreseen. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.configuration;
  if (error instanceof PermafrostError) {
    complain(`permafrost: ${error.message}${error.cure === undefined ? '' : `\n  → ${error.cure}`}`);
  } else {
    complain(`permafrost: unexpected error\n${error instanceof Error ? error.stack : String(error)}`);
  }
  return exitCodeOf(errorCodeOf(error));
}
