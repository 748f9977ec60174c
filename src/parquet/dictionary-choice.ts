import { DataType } from 'apache-arrow';
import type { Data, RecordBatch } from 'apache-arrow';

const sampleRows = 16_384;
/** Of fewer values a dictionary costs little; of some hundred that are all different, a small file is a fifth larger by it. */
const enoughValues = 128;
/** Fewer new values are chance: two values, one behind the other, are one new one for one. */
const enoughNewValues = 16;
/**
 * A column chunk of less gains little from a dictionary, for which the encoder takes some 100 kB from the start: with
 * 1,600 columns, half of its memory.
 */
const enoughBytes = 16 * 1024;

/**
 * Columns whose values keep being new, by name: a dictionary of them would be built, grow over its limit and be thrown
 * away again in every row group, which costs up to half of the encoding time and often some size too. Measured on the
 * first batch: a column is one of them when the second half of a sample brings at least half as many new values as the
 * first half had. (A plain share of distinct values would mistake `1 1 1 1 2 2 2 2 3 …` for a repeating column.)
 * Where a row group is shared by very many columns, all of them go without.
 */
export function columnsWithoutDictionary(batch: RecordBatch, rowGroupBytes: number): string[] {
  const { fields } = batch.schema;
  const isShared = rowGroupBytes / fields.length < enoughBytes;
  return fields
    .filter((_, index) => isShared || keepsBringingNewValues(batch.data.children[index]))
    .map((field) => field.name);
}

function keepsBringingNewValues(column: Data | undefined): boolean {
  if (column === undefined) return false;
  if (DataType.isList(column.type)) return keepsBringingNewValues(column.children[0]);
  if (column.length < enoughValues) return false;
  const readKey = keyReader(column);
  if (readKey === undefined) return false;
  const step = Math.max(1, Math.floor(column.length / sampleRows));
  const keys: Key[] = [];
  for (let row = 0; row < column.length; row += step) {
    if (column.nullCount === 0 || column.getValid(row)) keys.push(readKey(row));
  }
  if (keys.length < enoughValues) return false;
  const half = Math.floor(keys.length / 2);
  const seen = new Set(keys.slice(0, half));
  const inFirstHalf = seen.size;
  for (const key of keys.slice(half)) seen.add(key);
  const inSecondHalfOnly = seen.size - inFirstHalf;
  return inSecondHalfOnly >= enoughNewValues && inSecondHalfOnly * 2 >= inFirstHalf;
}

type Key = string | number | bigint;

/** Reads something equal for equal values, and different for nearly all different ones. */
function keyReader(column: Data): ((row: number) => Key) | undefined {
  const { type, values, valueOffsets } = column;
  if (DataType.isUtf8(type) || DataType.isBinary(type)) {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    return (row) => bytes.toString('latin1', valueOffsets[row], valueOffsets[row + 1]);
  }
  if (DataType.isDecimal(type)) return (row) => values[row * 4] + values[row * 4 + 1] * 2 ** 32;
  const isPlain =
    DataType.isInt(type) || DataType.isFloat(type) || DataType.isDate(type) || DataType.isTimestamp(type);
  return isPlain ? (row) => values[row] : undefined;
}
