import type { Data } from 'apache-arrow';
import type { Levels } from './levels.ts';

/** Of a column that has one value in each row: they would all be the same, and are not written. */
export class NoLevels implements Levels {
  #rows = 0;

  get count(): number {
    return this.#rows;
  }

  allow({ nullCount }: Data): boolean {
    return nullCount === 0;
  }

  rowsWithin(_data: Data, from: number, most: number): number {
    return from + most;
  }

  append(_data: Data, from: number, to: number): void {
    this.#rows += to - from;
  }

  writeTo(): void {}

  clear(): void {
    this.#rows = 0;
  }

  release(): void {}
}
