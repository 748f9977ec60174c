import { Command } from 'commander';
import { composeDrill } from '../composition.ts';
import { readConfig } from '../config.ts';
import { EXIT } from './exit-code.ts';
import { runInterruptibly } from './interruptible.ts';
import { parseNight, withTables } from './night-options.ts';
import { drillLines } from './night-table.ts';
import { printable } from './printable.ts';
import { complain, say } from './terminal.ts';

type DrillOptions = {
  readonly lake?: string;
  readonly night?: string;
  readonly tables?: readonly string[];
  readonly json?: boolean;
};

/** `permafrost drill`: proves that tables of a night can be restored. */
export function drillCommand(): Command {
  return withTables(new Command('drill'))
    .description('restore some tables of a night into a scratch database, compare them, and leave evidence')
    .option('--lake <folder>', 'the lake (PERMAFROST_LAKE)')
    .option('--night <date>', 'the night, yyyy-mm-dd; the newest unless told')
    .option('--json', 'print the result as JSON')
    .action(async (options: DrillOptions) => {
      const config = readConfig({ lake: options.lake });
      const night = options.night === undefined ? undefined : parseNight(options.night, '--night');
      await runInterruptibly(async (run) => {
        const result = await run.step(() =>
          composeDrill(config)(
            { night, tables: options.tables ?? [] },
            {
              signal: run.signal,
              onProgress: ({ table, done, of }) =>
                complain(printable(`restoring ${table} (${done + 1} of ${of}) …`)),
            },
          ),
        );
        say(
          options.json ? JSON.stringify(result, undefined, 2) : drillLines(result).map(printable).join('\n'),
        );
        process.exitCode = result.kind === 'passed' ? EXIT.ok : EXIT.incomplete;
      });
    });
}
