import { assertNever } from '../../errors.ts';
import { ArrayEncoder } from './array-encoding.ts';
import type { ColumnEncoder } from './column-encoding.ts';
import {
  BoolEncoder,
  DateEncoder,
  Int2Encoder,
  OidEncoder,
  TimestampEncoder,
  Word32Encoder,
  Word64Encoder,
} from './fixed-width-encoding.ts';
import { NumericEncoder } from './numeric-encoding.ts';
import { BytesEncoder, UuidEncoder } from './text-encoding.ts';
import type { ArrayElementWireType, WireType } from './wire-column.ts';

const JSONB_VERSION = 1;

/** The encoder for a wire type; `elementOid` is the type of an array's elements. */
export function createColumnEncoder(wire: WireType, elementOid: number): ColumnEncoder {
  switch (wire.kind) {
    case 'bool':
      return new BoolEncoder();
    case 'int2':
      return new Int2Encoder();
    case 'int4':
    case 'float4':
      return new Word32Encoder();
    case 'int8':
    case 'float8':
      return new Word64Encoder();
    case 'oid':
      return new OidEncoder();
    case 'numeric':
      return new NumericEncoder(wire.scale);
    case 'text':
    case 'bytea':
      return new BytesEncoder();
    case 'jsonb':
      return new BytesEncoder([JSONB_VERSION]);
    case 'uuid':
      return new UuidEncoder();
    case 'date':
      return new DateEncoder();
    case 'timestamp':
      return new TimestampEncoder();
    case 'array':
      return new ArrayEncoder(createColumnEncoder(wire.element, elementOid), elementOid);
    default:
      return assertNever(wire);
  }
}

/** The type of an array's elements where nobody says otherwise; varchar has the wire type of text. */
export function elementOidOf(element: ArrayElementWireType): number {
  switch (element.kind) {
    case 'int2':
      return 21;
    case 'int4':
      return 23;
    case 'int8':
      return 20;
    case 'text':
      return 25;
    case 'uuid':
      return 2950;
    default:
      return assertNever(element);
  }
}
