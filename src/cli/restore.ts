import { Command, Option } from 'commander';
import { openLake } from '../composition.ts';
import { readConfig, requireTarget, type RestoreTarget } from '../config.ts';
import { assertNever } from '../errors.ts';
import { describeSource } from '../postgres/connection-settings.ts';
import { findFrozenNight } from '../restore/frozen-table.ts';
import type { RestoreRequest } from '../restore/restore-message.ts';
import type { FileFormat } from '../restore/restore-script.ts';
import { restoreTables } from '../restore/restore-tables.ts';
import { EXIT } from './exit-code.ts';
import { runInterruptibly } from './interruptible.ts';
import { parseNight, withTables } from './night-options.ts';
import { createProgressView, watchRestore } from './progress-view.ts';
import { printRestore, type RestoreResult } from './restore-table.ts';
import { say } from './terminal.ts';

type RestoreOptions = {
  readonly lake?: string;
  readonly into?: string;
  readonly night?: string;
  readonly tables?: readonly string[];
  readonly format: FileFormat;
  readonly besideOthers?: boolean;
  readonly everything?: boolean;
  readonly json?: boolean;
};

/** `permafrost restore`: the tables of a night, back in a database or as files. */
export function restoreCommand(): Command {
  return withTables(new Command('restore'))
    .description('bring the tables of a night back, into a database or a folder')
    .option('--lake <folder>', 'the lake (PERMAFROST_LAKE)')
    .option('--into <place>', 'postgres://user@host/database, or a folder (PERMAFROST_INTO)')
    .option('--night <date>', 'the night, yyyy-mm-dd; the newest unless told')
    .addOption(
      new Option('--format <format>', 'of files in a folder').choices(['csv', 'parquet']).default('csv'),
    )
    .option('--beside-others', 'let what the database holds stay; fill tables that are there and empty')
    .option('--everything', 'also triggers, rules, owners and grants; their roles must be there')
    .option('--json', 'print the result as JSON')
    .action(async (options: RestoreOptions) => {
      const config = readConfig({ lake: options.lake, into: options.into });
      const target = requireTarget(config);
      const night = options.night === undefined ? undefined : parseNight(options.night, '--night');
      await runInterruptibly(async (run) => {
        const lake = openLake(config.lake);
        const frozen = await run.step(() => findFrozenNight(lake, { night, tables: options.tables ?? [] }));
        const view = createProgressView();
        const context = { signal: run.signal, watch: watchRestore(view, frozen.tables.length) };
        const request = { tables: frozen.tables, store: config.lake, into: toRequest(target, options) };
        const restored = await run.step(() => restoreTables(request, context)).finally(() => view.end());
        const result: RestoreResult = {
          night: frozen.night,
          into: describeTarget(target),
          ...restored,
          absent: frozen.absent,
          readAt: [...new Set(frozen.tables.map(({ exportedAt }) => exportedAt))].toSorted(),
        };
        say(options.json ? JSON.stringify(result, undefined, 2) : printRestore(result));
        process.exitCode = result.leftOut.some(({ kind }) => kind === 'refused') ? EXIT.incomplete : EXIT.ok;
      });
    });
}

function toRequest(
  target: RestoreTarget,
  { format, besideOthers = false, everything = false }: RestoreOptions,
): RestoreRequest['into'] {
  switch (target.kind) {
    case 'database':
      return { kind: 'database', target: target.connection, besideOthers, everything };
    case 'folder':
      return { kind: 'folder', folder: target.folder, format };
    default:
      return assertNever(target);
  }
}

function describeTarget(target: RestoreTarget): string {
  return target.kind === 'folder' ? target.folder : describeSource(target.connection);
}
