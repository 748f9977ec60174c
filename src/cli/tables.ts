import { Command } from 'commander';
import { listLakeTables } from '../archive/read-lake.ts';
import { openLake } from '../composition.ts';
import { readConfig } from '../config.ts';
import { PermafrostError } from '../errors.ts';
import { formatBytes, formatCount } from '../quantity.ts';
import { say } from './terminal.ts';
import { layOutTable } from './text-table.ts';

/** `permafrost tables`: what the lake holds, from the lake alone. */
export function tablesCommand(): Command {
  return new Command('tables')
    .description('list the tables of the lake with their newest night')
    .option('--lake <folder>', 'the lake (PERMAFROST_LAKE)')
    .option('--json', 'as JSON')
    .action(async (options: { lake?: string; json?: boolean }) => {
      const { catalog, store } = openLake(readConfig({ lake: options.lake }).lake);
      const tables = await listLakeTables(catalog);
      if (tables.length === 0) {
        throw new PermafrostError('lake-not-found', `the lake ${store.rootUri} has no tables`, {
          cure: 'name another lake, or archive a night first',
        });
      }
      if (options.json) {
        say(JSON.stringify(tables, undefined, 2));
        return;
      }
      say(
        layOutTable(
          [
            { title: 'table', align: 'left' },
            { title: 'source', align: 'left' },
            { title: 'nights', align: 'right' },
            { title: 'latest', align: 'left' },
            { title: 'rows', align: 'right' },
            { title: 'bytes', align: 'right' },
            { title: 'all rows', align: 'right' },
            { title: 'all bytes', align: 'right' },
            { title: 'snapshot id', align: 'right' },
            { title: 'metadata', align: 'right' },
          ],
          tables.map((table) => [
            table.name,
            table.source,
            formatCount(table.nights),
            table.latestNight ?? '–',
            formatCount(table.latestRows),
            formatBytes(table.latestBytes),
            formatCount(table.totalRows),
            formatBytes(table.totalBytes),
            table.snapshotId ?? '–',
            `v${table.metadataVersion}`,
          ]),
        ),
      );
    });
}
