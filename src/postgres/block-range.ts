/** Rows of a table by where they stand: from one block up to another, which does not belong to it; open without one. */
export type BlockRange = { readonly from: number; readonly to: number | undefined };

/** All rows, wherever they stand. */
export const ALL_BLOCKS: BlockRange = { from: 0, to: undefined };

/** The condition that picks these rows, as the end of a SELECT; empty for all of them. */
export function whereBlocks({ from, to }: BlockRange): string {
  const conditions = [
    ...(from === 0 ? [] : [`ctid >= '(${from},0)'`]),
    ...(to === undefined ? [] : [`ctid < '(${to},0)'`]),
  ];
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}
