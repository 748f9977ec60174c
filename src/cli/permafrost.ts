import { readFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { errorCodeOf, PermafrostError } from '../errors.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { complain, exitWhenSaid, tolerateClosedPipes } from './terminal.ts';

/** In the order of the help. Each is loaded when it is asked for: Temporal alone takes half of a start. */
const verbs: Readonly<Record<string, () => Promise<Command>>> = {
  archive: async () => (await import('./archive.ts')).archiveCommand(),
  backfill: async () => (await import('./backfill.ts')).backfillCommand(),
  schedule: async () => (await import('./schedule.ts')).scheduleCommand(),
  worker: async () => (await import('./worker.ts')).workerCommand(),
  tables: async () => (await import('./tables.ts')).tablesCommand(),
  history: async () => (await import('./history.ts')).historyCommand(),
  query: async () => (await import('./query.ts')).queryCommand(),
  restore: async () => (await import('./restore.ts')).restoreCommand(),
  drill: async () => (await import('./drill.ts')).drillCommand(),
  demo: async () => (await import('./demo.ts')).demoCommand(),
};

const program = new Command('permafrost')
  .version(await readVersion())
  .description(
    'Freezes a Postgres database, every night, into an Apache Iceberg lake that any engine can read.',
  );
for (const verb of await loadVerbs(process.argv[2])) program.addCommand(verb);
throwInsteadOfExit(program);
tolerateClosedPipes();

try {
  if (process.argv.length > 2) await program.parseAsync();
  else program.outputHelp();
} catch (error) {
  process.exitCode = report(error);
}
// Idle threads, sockets and the Temporal runtime must not keep a finished command alive.
exitWhenSaid();

async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** The one that is asked for; all of them for the help and for a slip. */
function loadVerbs(asked = ''): Promise<readonly Command[]> {
  const loaders = Object.hasOwn(verbs, asked) ? [verbs[asked]] : Object.values(verbs);
  return Promise.all(loaders.flatMap((load) => load?.() ?? []));
}

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
    complain(
      `permafrost: unexpected error\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
  return exitCodeOf(errorCodeOf(error));
}
