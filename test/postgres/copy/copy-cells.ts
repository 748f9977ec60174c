import { type Data, DataType, Precision } from 'apache-arrow';
import { type CopyDecoderOptions, createCopyDecoder } from '../../../src/postgres/copy/copy-decoder.ts';
import type { DecodedBatch, SpecialCellCount } from '../../../src/postgres/copy/batch-builder.ts';
import type { WireColumn } from '../../../src/postgres/copy/wire-column.ts';

/** A value as it stands in Arrow: floats as their bits in hexadecimal, bytes as hexadecimal, decimals unscaled. */
export type Cell = boolean | number | bigint | string | null | readonly Cell[];

/** The cells of an Arrow array, read from its buffers without arrow-js' own accessors (they round timestamps). */
export function cellsOf(data: Data): Cell[] {
  const elements = DataType.isList(data.type) ? cellsOf(data.children[0]!) : [];
  return Array.from({ length: data.length }, (_, row) =>
    isValid(data, row) ? cellOf(data, row, elements) : null,
  );
}

/** The columns of batches that follow each other. */
export function columnsOf(batches: readonly DecodedBatch[]): Cell[][] {
  const columns: Cell[][] = (batches[0]?.columns ?? []).map(() => []);
  for (const batch of batches) batch.columns.forEach((data, index) => columns[index]!.push(...cellsOf(data)));
  return columns;
}

export type Decoded = {
  readonly batches: readonly DecodedBatch[];
  readonly columns: Cell[][];
  readonly rows: number;
  readonly specialCells: readonly SpecialCellCount[];
};

/** Decodes a stream that comes in the given pieces. */
export function decodeStream(
  columns: readonly WireColumn[],
  pieces: readonly Buffer[],
  options: CopyDecoderOptions = { batchBytes: 2 ** 20 },
): Decoded {
  const decoder = createCopyDecoder(columns, options);
  const batches = pieces.flatMap((piece) => decoder.push(piece));
  const { lastBatch, rows, specialCells } = decoder.finish();
  if (lastBatch !== undefined) batches.push(lastBatch);
  return { batches, columns: columnsOf(batches), rows, specialCells };
}

function isValid(data: Data, row: number): boolean {
  const bits = data.nullBitmap;
  return data.nullCount === 0 || bits === undefined || ((bits[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
}

function cellOf(data: Data, row: number, elements: readonly Cell[]): Cell {
  const { type } = data;
  if (DataType.isBool(type)) return ((data.values[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
  if (DataType.isList(type)) return elements.slice(data.valueOffsets[row], data.valueOffsets[row + 1]);
  if (DataType.isUtf8(type)) return bytesOf(data, row).toString('utf8');
  if (DataType.isBinary(type)) return bytesOf(data, row).toString('hex');
  if (DataType.isDecimal(type)) {
    return [3, 2, 1, 0].reduce((value, word) => {
      const bits = BigInt(data.values[row * 4 + word] ?? 0);
      return (value << 32n) | (word === 3 ? BigInt.asIntN(32, bits) : BigInt.asUintN(32, bits));
    }, 0n);
  }
  if (DataType.isFloat(type)) {
    const width = type.precision === Precision.SINGLE ? 4 : 8;
    const bits = new Uint8Array(data.values.buffer, data.values.byteOffset + row * width, width);
    return Buffer.from(bits.toReversed()).toString('hex');
  }
  return data.values[row];
}

function bytesOf(data: Data, row: number): Buffer {
  const values: Uint8Array = data.values;
  return Buffer.from(values.subarray(data.valueOffsets[row], data.valueOffsets[row + 1]));
}
