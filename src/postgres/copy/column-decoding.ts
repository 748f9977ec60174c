import type { Data, DataType } from 'apache-arrow';

/**
 * A run of whole tuples in one buffer. `fields` holds, row by row, where the length word of each field stands; the
 * lengths have been checked against the tuple's end before, so a decoder checks only what its own type demands.
 */
export type TupleRun = {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly fields: Int32Array;
  /** Entries in `fields` per row. */
  readonly stride: number;
  readonly rows: number;
  /** One row that is a batch by itself, in memory that is not used again: a decoder may keep views of the bytes. */
  readonly lasting: boolean;
};

/** Decodes one column of run after run into one Arrow array. */
export interface ColumnDecoder {
  readonly type: DataType;
  /** Appends field `column` of every row of the run. */
  decode(run: TupleRun, column: number): void;
  /** Hands over what was appended since the last call. */
  take(): Data;
  /** Takes back what `take` handed over, once nobody looks at it any more: its memory is written to again. */
  giveBack(data: Data): void;
  /** Gives what came back to the system, when there will be no more rows. */
  release(): void;
}

/** A field whose bytes are not what its type demands. `row` counts from the start of the run. */
export class MalformedField extends Error {
  readonly row: number;

  constructor(row: number, reason: string) {
    super(reason);
    this.row = row;
  }
}

/** Text that is not UTF-8; the caller names the column. */
export class InvalidText extends Error {}
