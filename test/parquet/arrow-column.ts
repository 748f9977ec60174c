import {
  Binary,
  Bool,
  BufferType,
  Data,
  type DataType,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int32,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Utf8,
} from 'apache-arrow';

/** Values of a test column as this test thinks of them: decimals unscaled, dates in days, timestamps in µs. */
export type Cell = boolean | number | bigint | string | Uint8Array | readonly Cell[] | null;

export type TestColumn = {
  readonly name: string;
  readonly type: DataType;
  readonly cells: readonly Cell[];
  readonly fieldId?: number;
};

/** arrow-js' builders take timestamps in ms and lose digits: the buffers are filled by hand. */
export function makeColumn(type: DataType, cells: readonly Cell[]): Data {
  const nullCount = cells.filter((cell) => cell === null).length;
  const buffers = buffersOf(type, cells);
  if (nullCount > 0) buffers[BufferType.VALIDITY] = bitmapOf(cells.map((cell) => cell !== null));
  const children = type instanceof List ? [makeColumn(type.valueType, cells.flatMap(listOf))] : [];
  return new Data(type, 0, cells.length, nullCount, buffers, children);
}

function buffersOf(type: DataType, cells: readonly Cell[]): Partial<Data['buffers']> {
  if (type instanceof List) {
    return { [BufferType.OFFSET]: offsetsOf(cells.map((cell) => listOf(cell).length)) };
  }
  if (type instanceof Utf8 || type instanceof Binary) {
    const values = cells.map((cell) => (cell instanceof Uint8Array ? cell : Buffer.from(String(cell ?? ''))));
    return {
      [BufferType.OFFSET]: offsetsOf(values.map((value) => value.byteLength)),
      [BufferType.DATA]: new Uint8Array(Buffer.concat(values)),
    };
  }
  return { [BufferType.DATA]: fixedWidthBuffer(type, cells) };
}

function fixedWidthBuffer(type: DataType, cells: readonly Cell[]) {
  const numbers = cells.map((cell) => Number(cell ?? 0));
  if (type instanceof Bool) return bitmapOf(cells.map((cell) => cell === true));
  if (type instanceof Int32 || type instanceof DateDay) return Int32Array.from(numbers);
  if (type instanceof Float32) return Float32Array.from(numbers);
  if (type instanceof Float64) return Float64Array.from(numbers);
  if (type instanceof Decimal) return decimalsOf(cells);
  return BigInt64Array.from(cells, bigintOf);
}

function listOf(cell: Cell): readonly Cell[] {
  return Array.isArray(cell) ? cell : [];
}

export function makeSchema(columns: readonly Omit<TestColumn, 'cells'>[]): Schema {
  return new Schema(
    columns.map(({ name, type, fieldId }) => new Field(name, type, true, fieldIdMetadata(fieldId))),
  );
}

export function fieldIdMetadata(fieldId: number | undefined): Map<string, string> {
  return new Map(fieldId === undefined ? [] : [['PARQUET:field_id', String(fieldId)]]);
}

export function makeBatch(columns: readonly TestColumn[], schema: Schema = makeSchema(columns)): RecordBatch {
  const children = columns.map((column) => makeColumn(column.type, column.cells));
  const length = columns[0]?.cells.length ?? 0;
  return new RecordBatch(
    schema,
    makeData({ type: new Struct(schema.fields), length, nullCount: 0, children }),
  );
}

function bitmapOf(bits: readonly boolean[]): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(bits.length / 64) * 8);
  for (const [index, bit] of bits.entries()) if (bit) bitmap[index >> 3]! |= 1 << (index & 7);
  return bitmap;
}

function bigintOf(cell: Cell): bigint {
  return typeof cell === 'bigint' ? cell : 0n;
}

function decimalsOf(cells: readonly Cell[]): Uint32Array {
  const words = new Uint32Array(cells.length * 4);
  const view = new DataView(words.buffer);
  for (const [index, cell] of cells.entries()) {
    view.setBigUint64(index * 16, BigInt.asUintN(64, bigintOf(cell)), true);
    view.setBigInt64(index * 16 + 8, bigintOf(cell) >> 64n, true);
  }
  return words;
}

function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  for (const [index, length] of lengths.entries()) offsets[index + 1] = offsets[index]! + length;
  return offsets;
}
