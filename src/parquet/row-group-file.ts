import { PermafrostError } from '../errors.ts';

const MAGIC = Buffer.from('PAR1');
const TRAILER_SIZE = 8;

/*
 * Thrift's compact protocol, as far as a footer uses it: a field is a head (delta of its id, type) and its value;
 * numbers are variable-length integers of seven bits per byte.
 */
const STRUCT = 12;
const LIST = 9;
const SET = 10;
const BINARY = 8;
const DOUBLE = 7;
const I64 = 6;
const BYTE = 3;
const FALSE = 2;
const STOP = 0;

/** By parquet.thrift: the list of row groups in FileMetaData, of column chunks in RowGroup, and ColumnMetaData. */
const ROW_GROUPS = 4;
const CHUNKS = 1;
const CHUNK_METADATA = 3;
/** ColumnMetaData: where its data pages, its index page and its dictionary page begin. */
const PAGE_OFFSETS: ReadonlySet<number> = new Set([9, 10, 11]);

/** Where a value stands in a footer: an offset into the file as a variable-length integer. */
type StoredOffset = { readonly at: number; readonly size: number; readonly value: number };

/** A footer without its trailer, and where each row group keeps the offsets of its pages. */
export type FooterOffsets = {
  readonly footer: Uint8Array;
  readonly rowGroups: readonly (readonly StoredOffset[])[];
};

/** Finds the offsets in a footer. Fails with `integrity` where the bytes are no footer. */
export function findOffsets(footer: Uint8Array): FooterOffsets {
  const rowGroups: StoredOffset[][] = [];
  const cursor = new FooterCursor(footer);
  cursor.eachField((id, type) => {
    if (id !== ROW_GROUPS || type !== LIST) return false;
    cursor.eachElement(() => rowGroups.push(readRowGroup(cursor)));
    return true;
  });
  return { footer, rowGroups };
}

/**
 * One row group as a Parquet file of its own, in memory: its pages (bytes `start` on of the real file), then the whole
 * footer, in which the offsets of this row group are moved; those of the others lead nowhere. So a decoder that takes
 * whole files only reads a file of any size, a row group at a time.
 */
export function rowGroupFile(
  offsets: FooterOffsets,
  rowGroup: number,
  pages: Uint8Array,
  start: number,
): Uint8Array {
  const { footer } = offsets;
  const file = Buffer.allocUnsafeSlow(MAGIC.length + pages.length + footer.length + TRAILER_SIZE);
  const footerAt = MAGIC.length + pages.length;
  MAGIC.copy(file);
  file.set(pages, MAGIC.length);
  file.set(footer, footerAt);
  for (const { at, size, value } of offsets.rowGroups[rowGroup] ?? []) {
    writeOffset(file, footerAt + at, size, value - start + MAGIC.length);
  }
  file.writeUInt32LE(footer.length, footerAt + footer.length);
  MAGIC.copy(file, footerAt + footer.length + 4);
  return file;
}

function readRowGroup(cursor: FooterCursor): StoredOffset[] {
  const found: StoredOffset[] = [];
  cursor.eachField((id, type) => {
    if (id !== CHUNKS || type !== LIST) return false;
    cursor.eachElement(() => {
      cursor.eachField((chunkField, chunkType) => {
        if (chunkField !== CHUNK_METADATA || chunkType !== STRUCT) return false;
        cursor.eachField((metadataField, metadataType) => {
          if (!PAGE_OFFSETS.has(metadataField) || metadataType !== I64) return false;
          found.push(cursor.readOffset());
          return true;
        });
        return true;
      });
    });
    return true;
  });
  return found;
}

/** Zigzag doubles a number that is not negative. A smaller number keeps its size: zero bits fill it up. */
function writeOffset(file: Buffer, at: number, size: number, offset: number): void {
  let rest = offset * 2;
  for (let index = 0; index < size; index++) {
    file[at + index] = (rest % 128) | (index < size - 1 ? 128 : 0);
    rest = Math.floor(rest / 128);
  }
}

/** Walks a footer. Whatever is not asked for is skipped. */
class FooterCursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Calls `visit` at the value of each field of a struct; it says whether it has read the value. */
  eachField(visit: (id: number, type: number) => boolean): void {
    let id = 0;
    for (let head = this.#byte(); (head & 15) !== STOP; head = this.#byte()) {
      const delta = head >> 4;
      if (delta === 0) throw notFooter();
      id += delta;
      const type = head & 15;
      if (!visit(id, type)) this.#skip(type);
    }
  }

  /** Calls `read` at each element of a list; it reads the element. Gives their type. */
  eachElement(read: (type: number) => void): void {
    const head = this.#byte();
    const count = head >> 4 === 15 ? this.#varint() : head >> 4;
    for (let index = 0; index < count; index++) read(head & 15);
  }

  readOffset(): StoredOffset {
    const at = this.#at;
    const value = this.#varint() / 2;
    return { at, size: this.#at - at, value };
  }

  #skip(type: number): void {
    if (type <= FALSE) return;
    if (type === BYTE) this.#at += 1;
    else if (type < DOUBLE) this.#varint();
    else if (type === DOUBLE) this.#at += 8;
    else if (type === BINARY) this.#skipBytes(this.#varint());
    else if (type === LIST || type === SET) this.eachElement((element) => this.#skipElement(element));
    else if (type === STRUCT) this.eachField(() => false);
    else throw notFooter();
  }

  /** A bool is in the head of a field, but a byte of its own in a list. */
  #skipElement(type: number): void {
    if (type <= FALSE) this.#at += 1;
    else this.#skip(type);
  }

  #skipBytes(count: number): void {
    this.#at += count;
  }

  #varint(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw notFooter();
    return byte;
  }
}

function notFooter(): PermafrostError {
  return new PermafrostError('integrity', 'the footer of a Parquet file is damaged', {
    cure: 'restore the file from a copy',
  });
}
