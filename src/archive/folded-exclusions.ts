import type { ExcludedTable } from './night.ts';

/**
 * Names the first `most` exclusions, and counts the rest by rule: in front, where they are not overlooked. A database may
 * have a hundred thousand tables that are not archived, and a night's history has no room for them.
 */
export function foldExclusions(excluded: readonly ExcludedTable[], most = 1_000): readonly ExcludedTable[] {
  const rest = Map.groupBy(excluded.slice(most), ({ rule }) => rule);
  const counted = [...rest].map(([rule, { length }]) => ({
    schema: '*',
    name: '*',
    rule: `${length} more, too many to name here: ${rule}`,
  }));
  return [...counted, ...excluded.slice(0, most)];
}
