import { isAscii, isUtf8 } from 'node:buffer';
import { type Binary, type Data, makeData, Utf8 } from 'apache-arrow';
import { ByteBuffer, NullBitmap, SLACK, ValueBuffer } from './column-buffer.ts';
import { type ColumnDecoder, InvalidText, MalformedField, type TupleRun } from './column-decoding.ts';

/** What all types of varying length share: bytes one behind the other, and where each value ends. */
abstract class VariableWidthDecoder implements ColumnDecoder {
  abstract readonly type: Utf8 | Binary;
  protected readonly offsets = new ValueBuffer(Int32Array);
  protected readonly data = new ByteBuffer();
  protected readonly nulls = new NullBitmap();
  /** Rows decoded since the last `take`. */
  protected length = 0;
  /** Bytes in use since the last `take`. */
  protected used = 0;

  abstract decode(run: TupleRun, column: number): void;

  take(): Data {
    const { length } = this;
    const valueOffsets = this.offsets.take(length + 1);
    const data = this.takeBytes();
    this.length = 0;
    this.used = 0;
    if (this.type instanceof Utf8 && !isText(data, valueOffsets)) throw new InvalidText();
    const nullCount = this.nulls.count;
    const nullBitmap = this.nulls.take(length);
    return this.type instanceof Utf8
      ? makeData({ type: this.type, length, nullCount, nullBitmap, valueOffsets, data })
      : makeData({ type: this.type, length, nullCount, nullBitmap, valueOffsets, data });
  }

  giveBack(data: Data): void {
    this.offsets.giveBack(data.valueOffsets);
    this.data.giveBack(data.values);
  }

  release(): void {
    this.offsets.release();
    this.data.release();
  }

  protected takeBytes(): Uint8Array {
    return this.data.take(this.used);
  }
}

/** From this size on, one native copy is cheaper than a loop over words. */
const NATIVE_COPY_FROM = 192;

/** text and bytea: the bytes as they are. */
export class BytesDecoder extends VariableWidthDecoder {
  readonly type: Utf8 | Binary;
  /** Bytes in front of each value that do not belong to it. */
  readonly #prefix: number;
  /** The value of a lasting run, where it stands. */
  #kept: Uint8Array | undefined;

  constructor(type: Utf8 | Binary, prefix = 0) {
    super();
    this.type = type;
    this.#prefix = prefix;
  }

  /** Copies short values in 64-bit words, beyond their end: a call into native code costs more than most values. */
  decode(run: TupleRun, column: number): void {
    if (run.lasting) {
      this.#keep(run, column);
      return;
    }
    const { bytes, view, fields, stride, rows } = run;
    const { data, length: start } = this;
    const prefix = this.#prefix;
    const end = start + rows;
    const offsets = this.offsets.reserve(end + 1);
    const wordsEnd = view.byteLength - SLACK;
    let { view: target, capacity } = data;
    let used = this.used;
    for (let row = start, field = column; row < end; row++, field += stride) {
      const at = fields[field]!;
      const size = view.getInt32(at) - prefix;
      if (size > 0) {
        if (used + size > capacity) {
          data.grow(used + size, used);
          ({ view: target, capacity } = data);
        }
        const from = at + 4 + prefix;
        if (size < NATIVE_COPY_FROM && from + size <= wordsEnd) {
          target.setBigInt64(used, view.getBigInt64(from, true), true);
          target.setBigInt64(used + 8, view.getBigInt64(from + 8, true), true);
          for (let i = 16; i < size; i += 8)
            target.setBigInt64(used + i, view.getBigInt64(from + i, true), true);
        } else bytes.copy(data.bytes, used, from, from + size);
        used += size;
      } else if (size < -prefix) this.nulls.add(row);
      offsets[row + 1] = used;
    }
    this.used = used;
    this.length = end;
  }

  protected override takeBytes(): Uint8Array {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept ?? super.takeBytes();
  }

  #keep({ bytes, view, fields }: TupleRun, column: number): void {
    const at = fields[column]!;
    const size = Math.max(0, view.getInt32(at) - this.#prefix);
    if (view.getInt32(at) < 0) this.nulls.add(0);
    const from = bytes.byteOffset + at + 4 + this.#prefix;
    this.#kept = size === 0 ? undefined : new Uint8Array(bytes.buffer, from, size);
    this.offsets.reserve(2)[1] = size;
    this.length = 1;
  }
}

const JSONB_VERSION = 1;

/** jsonb: a version byte, then its text. */
export class JsonbDecoder extends BytesDecoder {
  constructor() {
    super(new Utf8(), 1);
  }

  override decode(run: TupleRun, column: number): void {
    const { view, fields, stride, rows } = run;
    for (let row = 0, field = column; row < rows; row++, field += stride) {
      const at = fields[field]!;
      const size = view.getInt32(at);
      if (size === 0 || (size > 0 && view.getUint8(at + 4) !== JSONB_VERSION)) {
        throw new MalformedField(row, 'jsonb of another version');
      }
    }
    super.decode(run, column);
  }
}

const UUID_SIZE = 16;
const UUID_TEXT_SIZE = 36;
const HYPHEN = 0x2d;
/** The two lower-case hexadecimal digits of each byte, as one little-endian 16-bit word. */
const HEX_PAIRS = Uint16Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, '0'), 'latin1').readUInt16LE(0),
);

/** uuid: sixteen bytes, written out as Postgres prints them. */
export class UuidDecoder extends VariableWidthDecoder {
  readonly type = new Utf8();

  decode({ view, fields, stride, rows }: TupleRun, column: number): void {
    const { data, length: start } = this;
    const end = start + rows;
    const offsets = this.offsets.reserve(end + 1);
    let used = this.used;
    for (let row = start, field = column; row < end; row++, field += stride) {
      const at = fields[field]!;
      const size = view.getInt32(at);
      if (size === UUID_SIZE) {
        if (used + UUID_TEXT_SIZE > data.capacity) data.grow(used + UUID_TEXT_SIZE, used);
        writeUuid(view, at + 4, data.view, used);
        used += UUID_TEXT_SIZE;
      } else if (size === -1) this.nulls.add(row);
      else throw new MalformedField(row - start, `${size} bytes instead of ${UUID_SIZE}`);
      offsets[row + 1] = used;
    }
    this.used = used;
    this.length = end;
  }
}

function writeUuid(source: DataView, from: number, target: DataView, to: number): void {
  let out = to;
  for (let index = 0; index < UUID_SIZE; index++) {
    target.setUint16(out, HEX_PAIRS[source.getUint8(from + index)]!, true);
    out += 2;
    if (index === 3 || index === 5 || index === 7 || index === 9) target.setUint8(out++, HYPHEN);
  }
}

/** All values together are UTF-8, and none of them begins in the middle of a character. */
function isText(data: Uint8Array, offsets: Int32Array): boolean {
  if (isAscii(data)) return true;
  return isUtf8(data) && offsets.every((offset) => offset === data.length || (data[offset]! & 0xc0) !== 0x80);
}
