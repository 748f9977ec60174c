import { Command } from 'commander';
import { describeHistory, loadLakeTable } from '../archive/read-lake.ts';
import { openLake } from '../composition.ts';
import { readConfig } from '../config.ts';
import { formatBytes, formatCount } from '../quantity.ts';
import { say } from './terminal.ts';
import { layOutTable } from './text-table.ts';

/** `permafrost history <table>`: every snapshot of a table, from the lake alone. */
export function historyCommand(): Command {
  return new Command('history')
    .description("list a table's snapshots, newest first")
    .argument('<table>', "the table's name in the lake, or schema.name of the source")
    .option('--lake <folder>', 'the lake (PERMAFROST_LAKE)')
    .option('--json', 'as JSON')
    .action(async (name: string, options: { lake?: string; json?: boolean }) => {
      const { catalog } = openLake(readConfig({ lake: options.lake }).lake);
      const history = describeHistory(await loadLakeTable(catalog, name));
      if (options.json) {
        say(JSON.stringify(history, undefined, 2));
        return;
      }
      say(
        layOutTable(
          [
            { title: 'night', align: 'left' },
            { title: 'committed at', align: 'left' },
            { title: 'operation', align: 'left' },
            { title: 'rows', align: 'right' },
            { title: 'bytes', align: 'right' },
            { title: 'snapshot id', align: 'right' },
            { title: 'metadata', align: 'right' },
          ],
          history.map((snapshot) => [
            `${snapshot.night ?? '–'}${snapshot.late ? ' late' : ''}`,
            snapshot.committedAt,
            snapshot.operation,
            formatCount(snapshot.rows),
            formatBytes(snapshot.bytes),
            snapshot.snapshotId,
            snapshot.metadataVersion === undefined ? '–' : `v${snapshot.metadataVersion}`,
          ]),
        ),
      );
      for (const snapshot of history) {
        for (const change of snapshot.schemaChanges) say(`· ${snapshot.night}: ${change}`);
      }
    });
}
