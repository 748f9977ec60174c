import { BufferType, Data, type List } from 'apache-arrow';
import { type Cell, makeColumn } from '../arrow-column.ts';

/**
 * Lists as Arrow allows them, and other writers lay them out: the first one's elements begin late, in an array that is
 * part of another, and null lists have elements, which count for nothing.
 */
export function makeOddLists(type: List, cells: readonly Cell[]): Data {
  const ignored = cells.flatMap(listOf).slice(0, 1);
  const spans = [ignored, ...cells.map((cell) => (cell === null ? ignored : listOf(cell)))];
  const elements = spans.flat();
  const child = makeColumn(type.valueType, [...ignored, ...elements]).slice(ignored.length, elements.length);
  const { valueOffsets } = makeColumn(type, spans);
  const { nullBitmap, nullCount } = makeColumn(type, [[], ...cells]);
  const buffers = { [BufferType.OFFSET]: valueOffsets, [BufferType.VALIDITY]: nullBitmap };
  return new Data(type, 0, spans.length, nullCount, buffers, [child]).slice(1, cells.length);
}

function listOf(cell: Cell): readonly Cell[] {
  return Array.isArray(cell) ? cell : [];
}
