import type { DrilledTable, DrillResult } from '../archive/night.ts';
import { formatDuration, formatQuantity } from '../quantity.ts';
import type { Failure, Finding } from './night-finding.ts';

/** What did not come back, or that nothing could be tried. */
export function drillFailuresOf(drill: DrillResult | undefined): readonly Failure[] {
  if (drill === undefined) return [];
  if (drill.kind === 'not-run') {
    return [{ name: 'The drill could not run', code: drill.code, message: drill.message, cure: drill.cure }];
  }
  return drill.tables.flatMap(({ table, failure }) => {
    if (failure === undefined) return [];
    const cure = 'keep the lake as it is, restore this table by hand, and compare it with the source';
    return [{ name: table, code: failure.code, message: failure.message, cure: failure.cure ?? cure }];
  });
}

/** What came back, and where that can be looked up. */
export function drillFindingsOf(drill: DrillResult | undefined): readonly Finding[] {
  if (drill === undefined || drill.kind === 'not-run') return [];
  const tables = drill.tables.filter(({ failure }) => failure === undefined).map(findingOf);
  return [...tables, { table: 'Evidence', text: drill.evidence }];
}

function findingOf({ table, chosenAs, rows, seconds, refused }: DrilledTable): Finding {
  const came = `${chosenAs}, ${formatQuantity(rows, 'row')} restored and read back equal in ${formatDuration(seconds)}`;
  return { table, text: refused.length === 0 ? came : `${came}; without ${refused.join('; ')}` };
}
