import { type ArchivedTable, tableLabel } from '../archive/night.ts';
import { addSeconds, STAGES, type StageSeconds } from '../archive/stage-seconds.ts';
import type { Finding } from './night-finding.ts';
import { describeStages } from '../stage-words.ts';

/** As many tables are named as a person would look into. */
const SLOWEST = 3;

/** Where the time of the night went, and that of its slowest tables; nothing where no table was read. */
export function stageFindingsOf(archived: readonly ArchivedTable[]): readonly Finding[] {
  const timed = archived.flatMap((table) =>
    table.stages === undefined ? [] : [{ ...table, stages: table.stages }],
  );
  if (timed.length === 0) return [];
  // What a table waited for its turn says nothing of the table.
  const slowest = timed.toSorted((a, b) => sumOf(b.stages) - sumOf(a.stages)).slice(0, SLOWEST);
  const all = { table: 'All tables', text: describeStages(addSeconds(timed.map(({ stages }) => stages))) };
  if (timed.length === 1) return [all];
  return [all, ...slowest.map((table) => ({ table: tableLabel(table), text: describeStages(table.stages) }))];
}

function sumOf(stages: StageSeconds): number {
  return STAGES.reduce((sum, stage) => sum + stages[stage], 0);
}
