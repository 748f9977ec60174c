import {
  Binary,
  Bool,
  type Data,
  type DataType,
  Field,
  Float32,
  Float64,
  List,
  makeData,
  Utf8,
} from 'apache-arrow';
import { assertNever } from '../../errors.ts';
import { arrowTypeOf } from './arrow-type.ts';
import { parseArray, parseBytea, parseDate, parseNumeric, parseTimestamp } from './postgres-text.ts';
import type { WireType } from './wire-column.ts';

type Texts = readonly (string | null)[];

/**
 * Builds an Arrow array from Postgres' text of each value. `markSpecial` is told the rows whose value the Arrow type
 * cannot hold; they become null.
 */
export function buildColumn(wire: WireType, texts: Texts, markSpecial: (row: number) => void): Data {
  const type = arrowTypeOf(wire);
  /** Parses all values; one that gives undefined is special. */
  const parse = <T>(parser: (text: string) => T | undefined): (T | null)[] =>
    texts.map((text, row) => {
      if (text === null) return null;
      const value = parser(text);
      if (value === undefined) markSpecial(row);
      return value ?? null;
    });
  switch (wire.kind) {
    case 'bool':
      return bools(parse((text) => text === 't'));
    case 'int2':
    case 'int4':
      return fixed(type, parse(Number), (values) => Int32Array.from(values, (value) => value ?? 0));
    case 'int8':
    case 'oid':
      return fixed(type, parse(BigInt), toInt64s);
    case 'float4':
      return fixed(new Float32(), parse(Number), (values) =>
        Float32Array.from(values, (value) => value ?? 0),
      );
    case 'float8':
      return fixed(new Float64(), parse(Number), (values) =>
        Float64Array.from(values, (value) => value ?? 0),
      );
    case 'numeric':
      return fixed(
        type,
        parse((text) => parseNumeric(text, wire.precision, wire.scale)),
        toInt128s,
      );
    case 'date':
      return fixed(type, parse(parseDate), (values) => Int32Array.from(values, (value) => value ?? 0));
    case 'timestamp':
      return fixed(
        type,
        parse((text) => parseTimestamp(text, wire.utc)),
        toInt64s,
      );
    case 'text':
    case 'jsonb':
    case 'uuid':
      return variable(
        new Utf8(),
        parse((text) => Buffer.from(text)),
      );
    case 'bytea':
      return variable(new Binary(), parse(parseBytea));
    case 'array':
      return lists(parse(parseArray), (elements) => buildColumn(wire.element, elements, () => undefined));
    default:
      return assertNever(wire);
  }
}

function fixed<T>(
  type: DataType,
  values: readonly (T | null)[],
  pack: (values: readonly (T | null)[]) => ArrayBufferView,
): Data {
  const props = { type, length: values.length, ...validity(values), data: pack(values) };
  return makeData(props);
}

function bools(values: readonly (boolean | null)[]): Data {
  return makeData({
    type: new Bool(),
    length: values.length,
    ...validity(values),
    data: bitmap(values.map(Boolean)),
  });
}

function variable(type: Utf8 | Binary, values: readonly (Buffer | null)[]): Data {
  const valueOffsets = offsets(values);
  const data = new Uint8Array(Buffer.concat(values.filter((value) => value !== null)));
  const props = { length: values.length, ...validity(values), valueOffsets, data };
  return type instanceof Utf8 ? makeData({ type, ...props }) : makeData({ type, ...props });
}

function lists(values: readonly (Texts | null)[], build: (elements: Texts) => Data): Data {
  const child = build(values.flatMap((elements) => elements ?? []));
  const type = new List(new Field('element', child.type, true));
  return makeData({ type, length: values.length, ...validity(values), valueOffsets: offsets(values), child });
}

function toInt64s(values: readonly (bigint | null)[]): BigInt64Array {
  return BigInt64Array.from(values, (value) => value ?? 0n);
}

function toInt128s(values: readonly (bigint | null)[]): BigUint64Array {
  return BigUint64Array.from(
    values.flatMap((value) => [BigInt.asUintN(64, value ?? 0n), BigInt.asUintN(64, (value ?? 0n) >> 64n)]),
  );
}

function offsets(values: readonly ({ readonly length: number } | null)[]): Int32Array {
  let end = 0;
  return Int32Array.from([0, ...values.map((value) => (end += value?.length ?? 0))]);
}

function validity(values: readonly unknown[]): { nullCount: number; nullBitmap: Uint8Array | undefined } {
  const nullCount = values.filter((value) => value === null).length;
  return {
    nullCount,
    nullBitmap: nullCount === 0 ? undefined : bitmap(values.map((value) => value !== null)),
  };
}

function bitmap(bits: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, index) => {
    if (bit) bytes[index >> 3]! |= 1 << (index & 7);
  });
  return bytes;
}
