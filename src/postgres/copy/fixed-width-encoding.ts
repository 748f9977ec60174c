import type { Data } from 'apache-arrow';
import {
  bytesOf,
  ColumnEncoder,
  type FieldTarget,
  int32Of,
  int64Of,
  LENGTH_SIZE,
} from './column-encoding.ts';
import { DAYS_1970_TO_2000, MICROSECONDS_1970_TO_2000 } from './timestamp-text.ts';

/* Each type has a loop of its own, as its decoder has, and for the same reason. */

/** What all types of one width share: every present field has the same size. */
abstract class FixedWidthEncoder extends ColumnEncoder {
  protected abstract readonly width: number;

  measure(from: number, count: number, sizes: Int32Array): void {
    const size = LENGTH_SIZE + this.width;
    for (let index = 0; index < count; index++) {
      sizes[index]! += this.isPresent(from + index) ? size : this.absentSize(from + index);
    }
  }
}

/** int4 and float4: 32 bits as they are. */
export class Word32Encoder extends FixedWidthEncoder {
  protected readonly width = 4;
  #values: Int32Array = new Int32Array();

  protected load(column: Data): void {
    this.#values = int32Of(column);
  }

  write(from: number, count: number, target: FieldTarget): void {
    const { view, positions } = target;
    const values = this.#values;
    for (let index = 0, row = from; index < count; index++, row++) {
      const at = positions[index]!;
      if (this.isPresent(row)) {
        view.setInt32(at, 4);
        view.setInt32(at + 4, values[row]!);
        positions[index] = at + 8;
      } else positions[index] = this.writeAbsent(row, target, at);
    }
  }
}

/** int8 and float8: 64 bits as they are, so a NaN keeps its payload. */
export class Word64Encoder extends FixedWidthEncoder {
  protected readonly width = 8;
  #values: BigInt64Array = new BigInt64Array();

  protected load(column: Data): void {
    this.#values = int64Of(column);
  }

  write(from: number, count: number, target: FieldTarget): void {
    const { view, positions } = target;
    const values = this.#values;
    for (let index = 0, row = from; index < count; index++, row++) {
      const at = positions[index]!;
      if (this.isPresent(row)) {
        view.setInt32(at, 8);
        view.setBigInt64(at + 4, values[row]!);
        positions[index] = at + 12;
      } else positions[index] = this.writeAbsent(row, target, at);
    }
  }
}

/** int2, which Arrow holds as an int32. */
export class Int2Encoder extends FixedWidthEncoder {
  protected readonly width = 2;
  #values: Int32Array = new Int32Array();

  protected load(column: Data): void {
    this.#values = int32Of(column);
  }

  write(from: number, count: number, target: FieldTarget): void {
    const { view, positions } = target;
    const values = this.#values;
    for (let index = 0, row = from; index < count; index++, row++) {
      const at = positions[index]!;
      if (this.isPresent(row)) {
        view.setInt32(at, 2);
        view.setInt16(at + 4, values[row]!);
        positions[index] = at + 6;
      } else positions[index] = this.writeAbsent(row, target, at);
    }
  }
}

/** oid: the low word of an int64. */
export class OidEncoder extends FixedWidthEncoder {
  protected readonly width = 4;
  #words: Int32Array = new Int32Array();

  protected load(column: Data): void {
    this.#words = int32Of(column);
  }

  write(from: number, count: number, target: FieldTarget): void {
    const { view, positions } = target;
    const words = this.#words;
    for (let index = 0, row = from; index < count; index++, row++) {
      const at = positions[index]!;
      if (this.isPresent(row)) {
        view.setInt32(at, 4);
        view.setInt32(at + 4, words[2 * row]!);
        positions[index] = at + 8;
      } else positions[index] = this.writeAbsent(row, target, at);
    }
  }
}

/** bool: a byte for each bit. */
export class BoolEncoder extends FixedWidthEncoder {
  protected readonly width = 1;
  #bits: Uint8Array = new Uint8Array();

  protected load(column: Data): void {
    this.#bits = bytesOf(column);
  }

  write(from: number, count: number, target: FieldTarget): void {
    const { view, positions } = target;
    const bits = this.#bits;
    for (let index = 0, row = from; index < count; index++, row++) {
      const at = positions[index]!;
      if (this.isPresent(row)) {
        view.setInt32(at, 1);
        view.setUint8(at + 4, (bits[row >> 3]! >> (row & 7)) & 1);
        positions[index] = at + 5;
      } else positions[index] = this.writeAbsent(row, target, at);
    }
  }
}

/** Days since 1970 become days since 2000. */
export class DateEncoder extends FixedWidthEncoder {
  protected readonly width = 4;
  #values: Int32Array = new Int32Array();

  protected load(column: Data): void {
    this.#values = int32Of(column);
  }

  write(from: number, count: number, target: FieldTarget): void {
    const { view, positions } = target;
    const values = this.#values;
    for (let index = 0, row = from; index < count; index++, row++) {
      const at = positions[index]!;
      if (this.isPresent(row)) {
        view.setInt32(at, 4);
        view.setInt32(at + 4, values[row]! - DAYS_1970_TO_2000);
        positions[index] = at + 8;
      } else positions[index] = this.writeAbsent(row, target, at);
    }
  }
}

/** Microseconds since 1970 become microseconds since 2000. */
export class TimestampEncoder extends FixedWidthEncoder {
  protected readonly width = 8;
  #values: BigInt64Array = new BigInt64Array();

  protected load(column: Data): void {
    this.#values = int64Of(column);
  }

  write(from: number, count: number, target: FieldTarget): void {
    const { view, positions } = target;
    const values = this.#values;
    for (let index = 0, row = from; index < count; index++, row++) {
      const at = positions[index]!;
      if (this.isPresent(row)) {
        view.setInt32(at, 8);
        view.setBigInt64(at + 4, BigInt.asIntN(64, values[row]! - MICROSECONDS_1970_TO_2000));
        positions[index] = at + 12;
      } else positions[index] = this.writeAbsent(row, target, at);
    }
  }
}
