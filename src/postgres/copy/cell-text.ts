import { type Data, DataType } from 'apache-arrow';
import { PermafrostError } from '../../errors.ts';
import { dateText, timestampText } from './timestamp-text.ts';
import type { WireType } from './wire-column.ts';

/** Prints one cell as Postgres would, or as it reads it back to the same value; null for NULL. */
export type CellPrinter = (row: number) => string | null;

/**
 * A printer for an Arrow column and the companion of its special cells. The text of a float may differ from Postgres'
 * own, as 100000000000000000000 does from 1e+20; the value is the same.
 */
export function createCellPrinter(wire: WireType, column: Data, companion: Data | undefined): CellPrinter {
  const print = printerOf(wire, column);
  const special = companion === undefined ? () => null : printerOf({ kind: 'text' }, companion);
  return (row) => (column.getValid(row) ? print(row) : special(row));
}

function printerOf(wire: WireType, column: Data): CellPrinter {
  const { values } = column;
  const at = column.offset;
  const whenValid = (print: (row: number) => string): CellPrinter => {
    return (row) => (column.getValid(row) ? print(row) : null);
  };
  switch (wire.kind) {
    case 'bool':
      return whenValid((row) => ((values[(at + row) >> 3] >> ((at + row) & 7)) & 1 ? 't' : 'f'));
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return whenValid((row) => String(values[row]));
    case 'float4':
      return whenValid((row) => floatText(values[row], shortestFloat4));
    case 'float8':
      return whenValid((row) => floatText(values[row], String));
    case 'numeric':
      return whenValid((row) => decimalText(values, row, wire.scale));
    case 'text':
    case 'jsonb':
    case 'uuid':
      return whenValid((row) => bytesOf(column, row).toString('utf8'));
    case 'bytea':
      return whenValid((row) => `\\x${bytesOf(column, row).toString('hex')}`);
    case 'date':
      return whenValid((row) => dateText(values[row]));
    case 'timestamp':
      return whenValid((row) => timestampText(values[row], wire.utc));
    case 'array':
      return arrayPrinter(wire, column);
    default:
      return wire satisfies never;
  }
}

function arrayPrinter(wire: WireType & { kind: 'array' }, column: Data): CellPrinter {
  const [elements] = column.children;
  if (elements === undefined || !DataType.isList(column.type)) {
    throw new PermafrostError('unexpected', 'an Arrow list has no elements');
  }
  const print = printerOf(wire.element, elements);
  return (row) => {
    if (!column.getValid(row)) return null;
    const cells: string[] = [];
    for (let index = column.valueOffsets[row]!; index < column.valueOffsets[row + 1]!; index++) {
      cells.push(elementText(print(index)));
    }
    return `{${cells.join(',')}}`;
  };
}

function elementText(text: string | null): string {
  if (text === null) return 'NULL';
  return /^[\w.+-]+$/.test(text) && !/^null$/i.test(text) ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

function floatText(value: number, shortest: (value: number) => string): string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? shortest(value) : String(value);
}

/** The fewest digits that are the same float4. */
function shortestFloat4(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}

function decimalText(words: Int32Array | Uint32Array, row: number, scale: number): string {
  let value = BigInt(words[row * 4 + 3]! | 0);
  for (const word of [2, 1, 0]) value = (value << 32n) | BigInt(words[row * 4 + word]! >>> 0);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${value < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
}

function bytesOf({ values, valueOffsets }: Data, row: number): Buffer {
  const from = valueOffsets[row]!;
  return Buffer.from(values.buffer, values.byteOffset + from, valueOffsets[row + 1]! - from);
}
