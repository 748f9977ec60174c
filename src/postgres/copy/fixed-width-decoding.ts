import {
  Bool,
  type Data,
  type DataType,
  DateDay,
  Int32,
  Int64,
  makeData,
  TimestampMicrosecond,
} from 'apache-arrow';
import { NullBitmap, type NumberArray, type NumberArrayOf, ValueBuffer } from './column-buffer.ts';
import { type ColumnDecoder, MalformedField, type TupleRun } from './column-decoding.ts';
import type { SpecialCells } from './special-value.ts';
import {
  DAYS_1970_TO_2000,
  MICROSECONDS_1970_TO_2000,
  specialDateText,
  specialTimestampText,
} from './timestamp-text.ts';

/*
 * Each type has a loop of its own: one loop that calls a function for each value would see many shapes, and the
 * engine could not compile it into plain loads and stores.
 */

/** What all types of one width share: values one behind the other, zeros where they are null, and which are. */
export abstract class FixedWidthDecoder<A extends NumberArray<A>> implements ColumnDecoder {
  readonly type: DataType;
  protected readonly values: ValueBuffer<A>;
  protected readonly nulls = new NullBitmap();
  /** Rows decoded since the last `take`. */
  protected length = 0;

  constructor(type: DataType, Values: NumberArrayOf<A>) {
    this.type = type;
    this.values = new ValueBuffer(Values);
  }

  abstract decode(run: TupleRun, column: number): void;

  take(): Data {
    const length = this.length;
    this.length = 0;
    const nullCount = this.nulls.count;
    const nullBitmap = this.nulls.take(length);
    // makeData looks at the bytes through the type's own array, so the bits of a float may come as an integer.
    const props = {
      type: this.type,
      length,
      nullCount,
      nullBitmap,
      data: this.values.take(this.size(length)),
    };
    return makeData(props);
  }

  giveBack(data: Data): void {
    this.values.giveBack(data.values);
  }

  release(): void {
    this.values.release();
  }

  /** Array elements that `rows` rows take. */
  protected size(rows: number): number {
    return rows;
  }
}

/** int4 and float4: 32 bits as they are. */
export class Word32Decoder extends FixedWidthDecoder<Int32Array> {
  constructor(type: DataType) {
    super(type, Int32Array);
  }

  decode({ view, fields, stride, rows }: TupleRun, column: number): void {
    const start = this.length;
    const end = start + rows;
    const values = this.values.reserve(end);
    for (let row = start, field = column; row < end; row++, field += stride) {
      const at = fields[field]!;
      const size = view.getInt32(at);
      if (size === 4) values[row] = view.getInt32(at + 4);
      else if (size === -1) {
        values[row] = 0;
        this.nulls.add(row);
      } else throw wrongSize(row - start, size, 4);
    }
    this.length = end;
  }
}

/** int8 and float8: 64 bits as they are, so a NaN keeps its payload. */
export class Word64Decoder extends FixedWidthDecoder<BigInt64Array> {
  constructor(type: DataType) {
    super(type, BigInt64Array);
  }

  decode({ view, fields, stride, rows }: TupleRun, column: number): void {
    const start = this.length;
    const end = start + rows;
    const values = this.values.reserve(end);
    for (let row = start, field = column; row < end; row++, field += stride) {
      const at = fields[field]!;
      const size = view.getInt32(at);
      // Straight from one buffer to the other: the engine makes no bigint of it.
      if (size === 8) values[row] = view.getBigInt64(at + 4);
      else if (size === -1) {
        values[row] = 0n;
        this.nulls.add(row);
      } else throw wrongSize(row - start, size, 8);
    }
    this.length = end;
  }
}

/** int2, as an int32: Arrow's and Iceberg's smallest integer of use. */
export class Int2Decoder extends FixedWidthDecoder<Int32Array> {
  constructor() {
    super(new Int32(), Int32Array);
  }

  decode({ view, fields, stride, rows }: TupleRun, column: number): void {
    const start = this.length;
    const end = start + rows;
    const values = this.values.reserve(end);
    for (let row = start, field = column; row < end; row++, field += stride) {
      const at = fields[field]!;
      const size = view.getInt32(at);
      if (size === 2) values[row] = view.getInt16(at + 4);
      else if (size === -1) {
        values[row] = 0;
        this.nulls.add(row);
      } else throw wrongSize(row - start, size, 2);
    }
    this.length = end;
  }
}

/** oid is unsigned: the low word of an int64. */
export class OidDecoder extends FixedWidthDecoder<Int32Array> {
  constructor() {
    super(new Int64(), Int32Array);
  }

  decode({ view, fields, stride, rows }: TupleRun, column: number): void {
    const start = this.length;
    const end = start + rows;
    const values = this.values.reserve(this.size(end));
    for (let row = start, field = column; row < end; row++, field += stride) {
      const at = fields[field]!;
      const size = view.getInt32(at);
      if (size !== 4 && size !== -1) throw wrongSize(row - start, size, 4);
      values[2 * row] = size === 4 ? view.getInt32(at + 4) : 0;
      values[2 * row + 1] = 0;
      if (size === -1) this.nulls.add(row);
    }
    this.length = end;
  }

  protected override size(rows: number): number {
    return rows * 2;
  }
}

/** bool: one bit for each row. */
export class BoolDecoder extends FixedWidthDecoder<Uint8Array> {
  constructor() {
    super(new Bool(), Uint8Array);
  }

  decode({ view, fields, stride, rows }: TupleRun, column: number): void {
    const start = this.length;
    const end = start + rows;
    const bits = this.values.reserve(this.size(end));
    for (let row = start, field = column; row < end; row++, field += stride) {
      const at = fields[field]!;
      const size = view.getInt32(at);
      if ((row & 7) === 0) bits[row >> 3] = 0;
      if (size === 1) bits[row >> 3]! |= (view.getUint8(at + 4) === 0 ? 0 : 1) << (row & 7);
      else if (size === -1) this.nulls.add(row);
      else throw wrongSize(row - start, size, 1);
    }
    this.length = end;
  }

  protected override size(rows: number): number {
    return (rows + 7) >> 3;
  }
}

/** Days since 2000 become days since 1970; ±infinity is a special cell. */
export class DateDecoder extends FixedWidthDecoder<Int32Array> {
  readonly #specials: SpecialCells;

  constructor(specials: SpecialCells) {
    super(new DateDay(), Int32Array);
    this.#specials = specials;
  }

  decode({ view, fields, stride, rows }: TupleRun, column: number): void {
    const start = this.length;
    const end = start + rows;
    const values = this.values.reserve(end);
    for (let row = start, field = column; row < end; row++, field += stride) {
      const at = fields[field]!;
      const size = view.getInt32(at);
      if (size === 4) {
        const days = view.getInt32(at + 4);
        if (days > LAST_DAY || days === -0x80000000) values[row] = this.#special(row, row - start, days);
        else values[row] = days + DAYS_1970_TO_2000;
      } else if (size === -1) {
        values[row] = 0;
        this.nulls.add(row);
      } else throw wrongSize(row - start, size, 4);
    }
    this.length = end;
  }

  #special(row: number, rowOfRun: number, days: number): number {
    const text = specialDateText(days);
    if (text === undefined) throw new MalformedField(rowOfRun, `${days} days are out of range for a date`);
    this.#specials.add(row, text);
    this.nulls.add(row);
    return 0;
  }
}

/** Days since 2000 that still fit an int32 when counted from 1970; Postgres' own last date is before it. */
const LAST_DAY = 0x7fffffff - DAYS_1970_TO_2000;

/** High word from which a timestamp may leave int64 when it is counted from 1970. */
const LATE_HIGH_WORD = Number((2n ** 63n - 1n - MICROSECONDS_1970_TO_2000) >> 32n);

/** Microseconds since 2000 become microseconds since 1970; ±infinity and what overflows are special cells. */
export class TimestampDecoder extends FixedWidthDecoder<BigInt64Array> {
  readonly #specials: SpecialCells;
  readonly #utc: boolean;

  constructor(utc: boolean, specials: SpecialCells) {
    super(new TimestampMicrosecond(utc ? 'UTC' : null), BigInt64Array);
    this.#utc = utc;
    this.#specials = specials;
  }

  decode({ view, fields, stride, rows }: TupleRun, column: number): void {
    const start = this.length;
    const end = start + rows;
    const values = this.values.reserve(end);
    for (let row = start, field = column; row < end; row++, field += stride) {
      const at = fields[field]!;
      const size = view.getInt32(at);
      if (size === 8) {
        const high = view.getInt32(at + 4);
        if (high < LATE_HIGH_WORD && high !== -0x80000000) {
          values[row] = BigInt.asIntN(64, view.getBigInt64(at + 4) + MICROSECONDS_1970_TO_2000);
        } else values[row] = this.#special(row, view.getBigInt64(at + 4));
      } else if (size === -1) {
        values[row] = 0n;
        this.nulls.add(row);
      } else throw wrongSize(row - start, size, 8);
    }
    this.length = end;
  }

  #special(row: number, microseconds: bigint): bigint {
    const text = specialTimestampText(microseconds, this.#utc);
    if (text === undefined) return microseconds + MICROSECONDS_1970_TO_2000;
    this.#specials.add(row, text);
    this.nulls.add(row);
    return 0n;
  }
}

function wrongSize(row: number, size: number, expected: number): MalformedField {
  return new MalformedField(row, `${size} bytes instead of ${expected}`);
}
