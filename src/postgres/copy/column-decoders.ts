import { isUtf8 } from 'node:buffer';
import { Binary, Float32, Float64, Int32, Int64, Utf8 } from 'apache-arrow';
import { assertNever } from '../../errors.ts';
import { ArrayDecoder, type ElementText } from './array-decoding.ts';
import { type ColumnDecoder, InvalidText } from './column-decoding.ts';
import {
  BoolDecoder,
  DateDecoder,
  Int2Decoder,
  OidDecoder,
  TimestampDecoder,
  Word32Decoder,
  Word64Decoder,
} from './fixed-width-decoding.ts';
import { NumericDecoder } from './numeric-decoding.ts';
import type { SpecialCells } from './special-value.ts';
import { BytesDecoder, JsonbDecoder, UuidDecoder } from './text-decoding.ts';
import type { ArrayElementWireType, WireType } from './wire-column.ts';

/** The decoder for a wire type; values that its Arrow type cannot hold go to `specials`. */
export function createColumnDecoder(wire: WireType, specials: SpecialCells): ColumnDecoder {
  switch (wire.kind) {
    case 'bool':
      return new BoolDecoder();
    case 'int2':
      return new Int2Decoder();
    case 'int4':
      return new Word32Decoder(new Int32());
    case 'int8':
      return new Word64Decoder(new Int64());
    case 'oid':
      return new OidDecoder();
    case 'float4':
      return new Word32Decoder(new Float32());
    case 'float8':
      return new Word64Decoder(new Float64());
    case 'numeric':
      return new NumericDecoder(wire.precision, wire.scale, specials);
    case 'text':
      return new BytesDecoder(new Utf8());
    case 'jsonb':
      return new JsonbDecoder();
    case 'uuid':
      return new UuidDecoder();
    case 'bytea':
      return new BytesDecoder(new Binary());
    case 'date':
      return new DateDecoder(specials);
    case 'timestamp':
      return new TimestampDecoder(wire.utc, specials);
    case 'array':
      return new ArrayDecoder(
        createColumnDecoder(wire.element, specials),
        elementTextOf(wire.element),
        specials,
      );
    default:
      return assertNever(wire);
  }
}

/** Bytes that one row takes in Arrow, without what varies in length. */
export function fixedSizeOf(wire: WireType): number {
  switch (wire.kind) {
    case 'bool':
      return 0.125;
    case 'int2':
    case 'int4':
    case 'float4':
    case 'date':
    case 'text':
    case 'jsonb':
    case 'bytea':
    case 'array':
      return 4;
    case 'int8':
    case 'oid':
    case 'float8':
    case 'timestamp':
      return 8;
    case 'numeric':
      return 16;
    case 'uuid':
      return 40;
    default:
      return assertNever(wire);
  }
}

/** Bytes that a value of the type has at least on the wire, without its length word. */
export function leastWireSizeOf(wire: WireType): number {
  switch (wire.kind) {
    case 'text':
    case 'jsonb':
    case 'bytea':
    case 'array':
      return 0;
    case 'bool':
      return 1;
    case 'int2':
      return 2;
    case 'int4':
    case 'oid':
    case 'float4':
    case 'date':
      return 4;
    case 'int8':
    case 'float8':
    case 'numeric':
    case 'timestamp':
      return 8;
    case 'uuid':
      return 16;
    default:
      return assertNever(wire);
  }
}

function elementTextOf(wire: ArrayElementWireType): ElementText {
  switch (wire.kind) {
    case 'int2':
      return (_, view, from, size) => (size === 2 ? String(view.getInt16(from)) : undefined);
    case 'int4':
      return (_, view, from, size) => (size === 4 ? String(view.getInt32(from)) : undefined);
    case 'int8':
      return (_, view, from, size) => (size === 8 ? String(view.getBigInt64(from)) : undefined);
    case 'text':
      return textOf;
    case 'uuid':
      return (bytes, _, from, size) => (size === 16 ? uuidOf(bytes, from) : undefined);
    default:
      return assertNever(wire);
  }
}

function uuidOf(bytes: Buffer, from: number): string {
  const hex = bytes.toString('hex', from, from + 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function textOf(bytes: Buffer, _view: DataView, from: number, size: number): string {
  const text = bytes.subarray(from, from + size);
  if (!isUtf8(text)) throw new InvalidText();
  return text.toString('utf8');
}
