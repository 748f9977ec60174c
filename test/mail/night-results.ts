import type { ArchivedTable, FailedTable, NightResult } from '../../src/archive/night.ts';

/** A table that was archived; `index` makes its numbers differ from its neighbours'. */
export function archivedTable(index: number, changes: Partial<ArchivedTable> = {}): ArchivedTable {
  return {
    kind: 'archived',
    schema: 'public',
    name: `table_${index}`,
    lakeTable: changes.name ?? `table_${index}`,
    rows: 1_000 * (index + 1),
    bytes: 40_000 * (index + 1),
    seconds: 0.5 + index,
    snapshotId: String(7_312_889_120_334_551_000n + BigInt(index)),
    metadataVersion: 300 + index,
    metadataLocation: `file:///srv/lake/iceberg/table_${index}/metadata/v${300 + index}.metadata.json`,
    operation: 'append',
    consistencyGroup: 'A',
    alreadyCommitted: false,
    specialValues: [],
    schemaChanges: [],
    unreadSequences: [],
    ...changes,
  };
}

export function failedTable(changes: Partial<FailedTable> = {}): FailedTable {
  return {
    kind: 'failed',
    schema: 'public',
    name: 'orders',
    lakeTable: 'orders',
    code: 'table-changed',
    message: 'the table was truncated between the snapshot and the lock',
    cure: 'Run the night again when no migration is running.',
    ...changes,
  };
}

/** A night of 26 archived tables, with whatever a test changes. */
export function nightResult(changes: Partial<NightResult> = {}): NightResult {
  return {
    night: '2026-11-20',
    set: 'navigator',
    late: false,
    source: 'navigator at db.example.org:5432',
    lake: 'file:///srv/lake',
    startedAt: '2026-11-20T02:00:00.412Z',
    finishedAt: '2026-11-20T02:09:41.220Z',
    consistencyGroups: [
      {
        letter: 'A',
        snapshotId: '00000003-0000001B-1',
        fingerprint: '5d41402abc4b2a76b9719d911017c592',
        lsn: '1F/8A22C0D8',
        exportedAt: '2026-11-20T02:00:01.002Z',
        database: 'navigator',
      },
    ],
    tables: Array.from({ length: 26 }, (_, index) => archivedTable(index)),
    excluded: [],
    missing: [],
    workflow: {
      id: 'archive-navigator-2026-11-20',
      runId: '0199f0a1-7e10-7c55-9d1f-2f5f3a6f2c11',
      url: 'http://127.0.0.1:8233/namespaces/default/workflows/archive-navigator-2026-11-20',
    },
    ...changes,
  };
}
