import type { Data } from 'apache-arrow';
import { PermafrostError } from '../../errors.ts';
import { bytesOf, ColumnEncoder, type FieldTarget, LENGTH_SIZE } from './column-encoding.ts';

/** From this size on, one native copy is cheaper than a loop over words. */
const NATIVE_COPY_FROM = 192;

/** text, bytea and jsonb: the bytes as they are, behind a prefix. */
export class BytesEncoder extends ColumnEncoder {
  readonly #prefix: Uint8Array;
  #offsets = new Int32Array();
  #bytes: Buffer = Buffer.alloc(0);
  #view = new DataView(this.#bytes.buffer);

  constructor(prefix: readonly number[] = []) {
    super();
    this.#prefix = Uint8Array.from(prefix);
  }

  protected load(column: Data): void {
    this.#offsets = column.valueOffsets;
    this.#bytes = bytesOf(column);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
  }

  measure(from: number, count: number, sizes: Int32Array): void {
    const offsets = this.#offsets;
    const head = LENGTH_SIZE + this.#prefix.length;
    for (let index = 0, row = from; index < count; index++, row++) {
      sizes[index]! += this.isPresent(row) ? head + offsets[row + 1]! - offsets[row]! : this.absentSize(row);
    }
  }

  write(from: number, count: number, target: FieldTarget): void {
    const { bytes, view, positions } = target;
    const offsets = this.#offsets;
    const prefix = this.#prefix;
    for (let index = 0, row = from; index < count; index++, row++) {
      let at = positions[index]!;
      if (!this.isPresent(row)) {
        positions[index] = this.writeAbsent(row, target, at);
        continue;
      }
      const start = offsets[row]!;
      const size = offsets[row + 1]! - start;
      view.setInt32(at, prefix.length + size);
      at += LENGTH_SIZE;
      for (let i = 0; i < prefix.length; i++) bytes[at++] = prefix[i]!;
      if (size < NATIVE_COPY_FROM) copyWords(this.#view, start, view, at, size);
      else this.#bytes.copy(bytes, at, start, start + size);
      positions[index] = at + size;
    }
  }
}

/** Copies a few bytes, in words of 64 bits as long as there are any. */
export function copyWords(source: DataView, from: number, target: DataView, to: number, size: number): void {
  let done = 0;
  for (; done + 8 <= size; done += 8) {
    target.setBigInt64(to + done, source.getBigInt64(from + done, true), true);
  }
  if (size & 4) {
    target.setInt32(to + done, source.getInt32(from + done, true), true);
    done += 4;
  }
  if (size & 2) {
    target.setInt16(to + done, source.getInt16(from + done, true), true);
    done += 2;
  }
  if (size & 1) target.setUint8(to + done, source.getUint8(from + done));
}

const UUID_SIZE = 16;
const UUID_TEXT_SIZE = 36;
/** Where the two digits of each byte stand in the text. */
const UUID_PLACES = Uint8Array.of(0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34);
const NO_DIGIT = 255;
const HEX_DIGITS = Uint8Array.from({ length: 256 }, (_, code) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase());
  return digit < 0 ? NO_DIGIT : digit;
});

/** uuid: the sixteen bytes that the 36 characters stand for. */
export class UuidEncoder extends ColumnEncoder {
  #offsets = new Int32Array();
  #bytes: Buffer = Buffer.alloc(0);

  protected load(column: Data): void {
    this.#offsets = column.valueOffsets;
    this.#bytes = bytesOf(column);
  }

  measure(from: number, count: number, sizes: Int32Array): void {
    const offsets = this.#offsets;
    for (let index = 0, row = from; index < count; index++, row++) {
      if (this.isPresent(row)) {
        if (offsets[row + 1]! - offsets[row]! !== UUID_TEXT_SIZE) throw notUuid();
        sizes[index]! += LENGTH_SIZE + UUID_SIZE;
      } else sizes[index]! += this.absentSize(row);
    }
  }

  write(from: number, count: number, target: FieldTarget): void {
    const { bytes, view, positions } = target;
    for (let index = 0, row = from; index < count; index++, row++) {
      const at = positions[index]!;
      if (this.isPresent(row)) {
        view.setInt32(at, UUID_SIZE);
        writeUuid(this.#bytes, this.#offsets[row]!, bytes, at + LENGTH_SIZE);
        positions[index] = at + LENGTH_SIZE + UUID_SIZE;
      } else positions[index] = this.writeAbsent(row, target, at);
    }
  }
}

/** Writes the sixteen bytes of a uuid's text. */
export function writeUuid(text: Uint8Array, from: number, target: Uint8Array, at: number): void {
  for (let index = 0; index < UUID_SIZE; index++) {
    const place = from + UUID_PLACES[index]!;
    const high = HEX_DIGITS[text[place]!]!;
    const low = HEX_DIGITS[text[place + 1]!]!;
    if (high === NO_DIGIT || low === NO_DIGIT) throw notUuid();
    target[at + index] = (high << 4) | low;
  }
}

function notUuid(): PermafrostError {
  return new PermafrostError('integrity', 'a uuid is not in the canonical form of 36 characters', {
    cure: 'verify the lake; restore the file from a copy',
  });
}
