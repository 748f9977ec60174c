import type { DrilledTable } from '../archive/night.ts';
import { MARK } from '../archive/night-mark.ts';
import type { HeldTable } from './frozen-table.ts';

export type SampledTable = { readonly table: HeldTable; readonly chosenAs: DrilledTable['chosenAs'] };

/**
 * The smallest table, the largest, and one at random: over the nights every table has its turn. `draw` gives a number
 * from 0 (inclusive) to 1 (exclusive).
 */
export function chooseSample(tables: readonly HeldTable[], draw: () => number): readonly SampledTable[] {
  const sorted = tables.toSorted((a, b) => a.bytes - b.bytes);
  const between = sorted.slice(1, -1);
  const chosen: readonly (readonly [DrilledTable['chosenAs'], HeldTable | undefined])[] = [
    ['smallest', sorted[0]],
    ['random', between[Math.floor(draw() * between.length)]],
    ['largest', sorted.length > 1 ? sorted.at(-1) : undefined],
  ];
  return chosen.flatMap(([chosenAs, table]) => (table === undefined ? [] : [{ table, chosenAs }]));
}

/** Those that this run of the night committed; of any run without one. */
export function committedBy(tables: readonly HeldTable[], runId: string | undefined): readonly HeldTable[] {
  return tables.filter(({ snapshot }) => runId === undefined || snapshot.summary[MARK.runId] === runId);
}
