import type { DecodedBatch } from '../../../src/postgres/copy/batch-builder.ts';
import { createCopyEncoder } from '../../../src/postgres/copy/copy-encoder.ts';
import type { WireColumn, WireType } from '../../../src/postgres/copy/wire-column.ts';
import { header, payloadsOf, trailer } from './copy-bytes.ts';

/** A field as the documentation of COPY has it: its bytes, or NULL. */
export type Field = Buffer | null;

/** Takes a stream apart by the letter of the documentation; undefined where that is not possible. */
export function readFields(stream: Buffer, columnCount: number): readonly (readonly Field[])[] | undefined {
  try {
    return parseStream(stream, columnCount);
  } catch (error) {
    // Read beyond the end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function parseStream(stream: Buffer, columnCount: number): readonly (readonly Field[])[] | undefined {
  if (!stream.subarray(0, 11).equals(header.subarray(0, 11))) return undefined;
  if (stream.readUInt16BE(11) !== 0) return undefined;
  const rows: Field[][] = [];
  let at = 19 + stream.readUInt32BE(15);
  for (;;) {
    const count = stream.readInt16BE(at);
    at += 2;
    if (count === -1) return at === stream.length ? rows : undefined;
    if (count !== columnCount) return undefined;
    const row: Field[] = [];
    for (let column = 0; column < columnCount; column++) {
      const size = stream.readInt32BE(at);
      at += 4;
      if (size < -1 || at + size > stream.length) return undefined;
      row.push(size === -1 ? null : stream.subarray(at, at + size));
      at += Math.max(0, size);
    }
    rows.push(row);
  }
}

/** The fields that decoded batches stand for. */
export function fieldsOf(
  columns: readonly WireColumn[],
  batches: readonly DecodedBatch[],
): readonly (readonly Field[])[] | undefined {
  const encoder = createCopyEncoder(columns);
  const tuples = batches.flatMap((batch) => [...encoder.encode(batch)].flatMap(payloadsOf));
  return readFields(Buffer.concat([header, ...tuples, trailer]), columns.length);
}

/** What a field says, without what may be written in more than one way. */
export function meaningOf(wire: WireType, field: Field): string | null {
  if (field === null) return null;
  if (wire.kind === 'bool') return field.equals(Buffer.of(0)) ? 'false' : 'true';
  if (wire.kind === 'numeric') return numericMeaning(field);
  if (wire.kind === 'array') return arrayMeaning(field);
  return field.toString('hex');
}

function numericMeaning(field: Buffer): string {
  const sign = field.readUInt16BE(4);
  if (sign >= 0xc000) return `special ${sign}`;
  const digits = Array.from({ length: field.readInt16BE(0) }, (_, index) =>
    field.readUInt16BE(8 + 2 * index),
  );
  const leading = digits.findIndex((digit) => digit !== 0);
  if (leading === -1) return '0';
  const last = digits.findLastIndex((digit) => digit !== 0);
  return `${sign} ${digits.slice(leading, last + 1).join(' ')} at ${field.readInt16BE(2) - leading}`;
}

/** Without the word "has nulls" and the type of the elements, which the table tells; an array of nothing is empty. */
function arrayMeaning(field: Buffer): string {
  const dimensions = field.readInt32BE(0);
  const lengths = Array.from({ length: dimensions }, (_, index) => field.readInt32BE(12 + 8 * index));
  if (lengths.some((length) => length === 0) || dimensions === 0) return 'empty';
  return `${dimensions} ${field.subarray(12).toString('hex')}`;
}
