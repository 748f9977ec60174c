import type { Archiver, ArchiveTableInput } from '../src/archive/archiver.ts';
import { type ArchivedTable, tableLabel } from '../src/archive/night.ts';
import { runStep } from './running-step.ts';

/** Archives one table; heartbeats carry its stage, rows and bytes. */
export function createArchiveTable(archiver: Archiver) {
  return function archiveTable(input: ArchiveTableInput): Promise<ArchivedTable> {
    return runStep(({ signal, report }) => {
      const table = tableLabel(input.table);
      return archiver.archiveTable(input, {
        signal,
        onProgress: (progress) => report({ table, of: input.table.estimatedRows, ...progress }),
      });
    });
  };
}
