import { setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { DatedNightRequest } from '../src/archive/archiver.ts';
import type { ConsistencyGroup, PlannedTable, TableResult } from '../src/archive/night.ts';
import { tableLabel } from '../src/archive/night.ts';
import type { NightProgress, NightStage, TableStanding } from '../src/temporal/night-progress.ts';
import { progressQuery } from '../src/temporal/night-messages.ts';
import { describeNight } from './night-details.ts';

/** What people see of a running night: the `progress` query and the details in the Temporal UI. */
export type NightBoard = {
  enter(stage: NightStage): void;
  exported(groups: readonly ConsistencyGroup[]): void;
  /** Their turn comes; for some a second time. */
  waiting(tables: readonly PlannedTable[]): void;
  started(table: PlannedTable): void;
  finished(result: TableResult): void;
  /** One sentence at the end of the details. */
  note(text: string): void;
};

/** Opens the board and keeps it current. */
export function openBoard(request: DatedNightRequest): NightBoard {
  const tables = new Map<string, TableStanding>();
  let stage: NightStage = 'waiting for a snapshot';
  let groups: readonly ConsistencyGroup[] = [];
  let note = '';

  const progress = (): NightProgress => ({
    night: request.night,
    set: request.set,
    stage,
    consistencyGroups: groups,
    tables: [...tables.values()],
  });
  const show = (): void => setCurrentDetails(describeNight(progress(), note));
  const put = (standing: TableStanding): void => {
    tables.set(standing.table, standing);
    show();
  };

  setHandler(progressQuery, progress, { description: 'Where the night stands, table by table.' });
  return {
    enter(next) {
      stage = next;
      show();
    },
    exported(held) {
      groups = held;
      show();
    },
    waiting(planned) {
      for (const table of planned) {
        tables.set(tableLabel(table), { table: tableLabel(table), status: 'waiting' });
      }
      show();
    },
    started: (table) => put({ table: tableLabel(table), status: 'running' }),
    finished: (result) => put(standingOf(result)),
    note(text) {
      note = text;
      show();
    },
  };
}

function standingOf(result: TableResult): TableStanding {
  const table = tableLabel(result);
  if (result.kind === 'failed') {
    return { table, status: 'failed', failure: `${result.code}: ${result.message}` };
  }
  const { rows, bytes, snapshotId, metadataVersion, consistencyGroup } = result;
  return { table, status: 'archived', rows, bytes, snapshotId, metadataVersion, consistencyGroup };
}
