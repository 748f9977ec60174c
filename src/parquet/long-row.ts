import { Binary, DataType, makeData, RecordBatch, Struct } from 'apache-arrow';
import type { Data } from 'apache-arrow';

/** A value that is written by itself, and what stands for it where the encoder works. */
export type LongCell = {
  readonly column: string;
  readonly value: Uint8Array;
  /** The value's beginning. Bounds, which keep 64 bytes at the most, come out of it as of the whole. */
  readonly standIn: Uint8Array;
};

export type LongRow = { readonly row: RecordBatch; readonly cells: readonly LongCell[] };

/** What the encoder copies without being asked to, several times over, is below this. */
const LONG_CELL_BYTES = 64 * 1024;
const STAND_IN_BYTES = 1024;

/**
 * Takes the long texts and binaries out of a row that would fill a row group alone. Undefined for any other batch:
 * rows whose size lies in numbers or lists too.
 */
export function splitLongRow(batch: RecordBatch, rowGroupBytes: number): LongRow | undefined {
  if (batch.numRows !== 1) return undefined;
  const cells: LongCell[] = [];
  const children = batch.data.children.map((data, index) => {
    const value = longValue(data);
    if (value === undefined) return data;
    const standIn = beginningOf(value, data);
    cells.push({ column: batch.schema.fields[index]?.name ?? '', value, standIn });
    return oneValue(data, standIn);
  });
  const bytes = cells.reduce((sum, { value }) => sum + value.length, 0);
  if (cells.length === 0 || bytes < rowGroupBytes) return undefined;
  const data = makeData({ type: new Struct(batch.schema.fields), length: 1, nullCount: 0, children });
  return { row: new RecordBatch(batch.schema, data), cells };
}

function longValue(data: Data): Uint8Array | undefined {
  if (!DataType.isUtf8(data.type) && !DataType.isBinary(data.type)) return undefined;
  if (data.nullCount > 0) return undefined;
  const [start = 0, end = 0] = data.valueOffsets;
  return end - start < LONG_CELL_BYTES ? undefined : data.values.subarray(start, end);
}

/** Cut before a byte that goes on with a character, where it is text. */
function beginningOf(value: Uint8Array, { type }: Data): Uint8Array {
  let length = STAND_IN_BYTES;
  if (DataType.isUtf8(type)) while (((value[length] ?? 0) & 0xc0) === 0x80) length--;
  return value.subarray(0, length);
}

function oneValue({ type }: Data, value: Uint8Array): Data {
  const valueOffsets = Int32Array.of(0, value.length);
  return DataType.isUtf8(type)
    ? makeData({ type, length: 1, nullCount: 0, valueOffsets, data: value })
    : makeData({ type: new Binary(), length: 1, nullCount: 0, valueOffsets, data: value });
}

/** Puts the long values back into a row that was decoded without them. */
export function withLongValues(row: RecordBatch, values: ReadonlyMap<string, Uint8Array>): RecordBatch {
  const children = row.data.children.map((data, index) => {
    const value = values.get(row.schema.fields[index]?.name ?? '');
    return value === undefined ? data : oneValue(data, value);
  });
  const data = makeData({ type: new Struct(row.schema.fields), length: 1, nullCount: 0, children });
  return new RecordBatch(row.schema, data);
}
