import { type ArchivedTable, tableLabel } from '../archive/night.ts';
import { addSeconds } from '../archive/stage-seconds.ts';
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
  const slowest = timed.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
  const all = { table: 'All tables', text: describeStages(addSeconds(timed.map(({ stages }) => stages))) };
  if (timed.length === 1) return [all];
  return [all, ...slowest.map((table) => ({ table: tableLabel(table), text: describeStages(table.stages) }))];
}
