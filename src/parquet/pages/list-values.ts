import { ListDictionary } from './list-dictionary.ts';
import { elementRanges, elementsOf, lastRowBefore } from './list-range.ts';
import type { ValueEncoding } from './value-encoding.ts';

/** Lists, row by row, of which pages have the elements that are not null. */
export function listValues(element: ValueEncoding): ValueEncoding {
  const { createDictionary } = element;
  return {
    rowsWithin(data, from, bytes) {
      const within = element.rowsWithin(elementsOf(data), data.valueOffsets[from], bytes);
      return lastRowBefore(data, from, within);
    },

    append(data, from, to, page, count) {
      const elements = elementsOf(data);
      let taken = count;
      for (const [start, end] of elementRanges(data, from, to))
        taken = element.append(elements, start, end, page, taken);
      return taken;
    },

    createDictionary: createDictionary && ((mostBytes) => new ListDictionary(createDictionary(mostBytes))),
    createBounds: () => element.createBounds(),
  };
}
