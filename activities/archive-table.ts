import type { Archiver, ArchiveTableInput } from '../src/archive/archiver.ts';
import { type ArchivedTable, tableLabel } from '../src/archive/night.ts';
import { measureTable } from './table-metrics.ts';
import { runStep } from './running-step.ts';

/** Archives one table; heartbeats carry its stage, rows and bytes, metrics what came of it. */
export function createArchiveTable(archiver: Archiver) {
  return function archiveTable(input: ArchiveTableInput): Promise<ArchivedTable> {
    return runStep(async ({ signal, report }) => {
      const table = tableLabel(input.table);
      const archived = await archiver.archiveTable(input, {
        signal,
        onProgress: (progress) => report({ table, of: input.table.estimatedRows, ...progress }),
      });
      measureTable(input.set, archived);
      return archived;
    });
  };
}
