import type { Data } from 'apache-arrow';
import type { Dictionary } from './dictionary.ts';
import type { GrowingBuffer } from './growing-buffer.ts';
import { elementRanges, elementsOf, lastRowBefore } from './list-range.ts';
import { isSet, validityOf } from './validity.ts';

const INDEX_WIDTH = 4;

/** Of the elements of lists. A list with which it becomes full has no index: pages begin with rows. */
export class ListDictionary implements Dictionary {
  readonly #elements: Dictionary;

  constructor(elements: Dictionary) {
    this.#elements = elements;
  }

  get keys(): GrowingBuffer {
    return this.#elements.keys;
  }

  get count(): number {
    return this.#elements.count;
  }

  get isFull(): boolean {
    return this.#elements.isFull;
  }

  add(data: Data, from: number, to: number, indices: GrowingBuffer): number {
    const elements = elementsOf(data);
    for (const [start, end] of elementRanges(data, from, to)) {
      const taken = this.#elements.add(elements, start, end, indices);
      if (!this.isFull) continue;
      const row = Math.min(to, lastRowBefore(data, from, taken));
      indices.length -= INDEX_WIDTH * countValues(elements, data.valueOffsets[row], taken);
      return row;
    }
    return to;
  }

  clear(): void {
    this.#elements.clear();
  }
}

function countValues(data: Data, from: number, to: number): number {
  const valid = validityOf(data);
  if (valid === undefined) return to - from;
  let count = 0;
  for (let at = data.offset + from; at < data.offset + to; at++) if (isSet(valid, at)) count++;
  return count;
}
