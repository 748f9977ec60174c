import type { Data } from 'apache-arrow';
import { assertNever, PermafrostError } from '../../errors.ts';
import { encodeArrayText } from './array-encoding.ts';
import type { SpecialFields } from './column-encoding.ts';
import { encodeNumericText } from './numeric-encoding.ts';
import { parseDate } from './postgres-text.ts';
import { writeUuid } from './text-encoding.ts';
import { DAYS_1970_TO_2000 } from './timestamp-text.ts';
import type { ArrayElementWireType, WireType } from './wire-column.ts';

const INFINITY_DAYS = 0x7fffffff;
const INFINITY_MICROSECONDS = 2n ** 63n - 1n;
const MICROSECONDS_PER_DAY = 86_400_000_000n;

/** The fields of a companion column's cells: the wire form of the values that Postgres printed as these texts. */
export function encodeSpecials(companion: Data, wire: WireType, elementOid: number): SpecialFields {
  const fields = new Map<number, Buffer>();
  if (companion.nullCount === companion.length) return fields;
  const { valueOffsets, values } = companion;
  for (let row = 0; row < companion.length; row++) {
    if (!companion.getValid(row)) continue;
    const text = Buffer.from(values.subarray(valueOffsets[row], valueOffsets[row + 1])).toString('utf8');
    fields.set(row, encodeKnown(wire, elementOid, text));
  }
  return fields;
}

function encodeKnown(wire: WireType, elementOid: number, text: string): Buffer {
  try {
    return encodeSpecial(wire, elementOid, text);
  } catch {
    // What was thrown may quote the value.
    throw new PermafrostError(
      'integrity',
      `a companion column holds a text that is no special ${wire.kind}`,
      {
        cure: 'verify the lake; restore the file from a copy',
      },
    );
  }
}

function encodeSpecial(wire: WireType, elementOid: number, text: string): Buffer {
  switch (wire.kind) {
    case 'numeric':
      return encodeNumericText(text);
    case 'date':
      return int4(dateOf(text));
    case 'timestamp':
      return int8(timestampOf(text));
    case 'array':
      return encodeArrayText(text, elementOid, (element) => encodeElement(wire.element, element));
    default:
      throw new TypeError(`a ${wire.kind} has no special values`);
  }
}

/** Days since 2000. Every finite date fits its column. */
function dateOf(text: string): number {
  if (text === 'infinity') return INFINITY_DAYS;
  if (text === '-infinity') return -INFINITY_DAYS - 1;
  return (parseDate(text) ?? 0) - DAYS_1970_TO_2000;
}

/** Microseconds since 2000: of ±infinity and of what is too late for microseconds since 1970. */
function timestampOf(text: string): bigint {
  if (text === 'infinity') return INFINITY_MICROSECONDS;
  if (text === '-infinity') return -INFINITY_MICROSECONDS - 1n;
  const [, date = '', hours, minutes, seconds, fraction = ''] =
    /^(\S+) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:\+00)?$/.exec(text) ?? [];
  const ofDay = BigInt((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000_000n;
  return BigInt(dateOf(date)) * MICROSECONDS_PER_DAY + ofDay + BigInt(fraction.padEnd(6, '0'));
}

function encodeElement(wire: ArrayElementWireType, text: string): Buffer {
  switch (wire.kind) {
    case 'int2':
      return int2(Number(integerOf(text)));
    case 'int4':
      return int4(Number(integerOf(text)));
    case 'int8':
      return int8(integerOf(text));
    case 'text':
      return Buffer.from(text);
    case 'uuid':
      return uuid(text);
    default:
      return assertNever(wire);
  }
}

function uuid(text: string): Buffer {
  const bytes = Buffer.alloc(16);
  writeUuid(Buffer.from(text), 0, bytes, 0);
  return bytes;
}

/** Nothing but digits: of others, JavaScript would make numbers as well. */
function integerOf(text: string): bigint {
  if (!/^-?\d+$/.test(text)) throw new TypeError('not an integer');
  return BigInt(text);
}

function int2(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int4(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int8(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}
