import { FooterCursor, LIST, STRUCT } from './footer-cursor.ts';

/** A footer without its trailer, cut so that one with some of its row groups can be put together. */
export type FooterParts = {
  /** Up to the list of row groups. */
  readonly before: Uint8Array;
  readonly rowGroups: readonly Uint8Array[];
  readonly after: Uint8Array;
};

/** By parquet.thrift, of FileMetaData. */
const ROWS = 3;
const ROW_GROUPS = 4;
/** A list whose length does not stand in its head. */
const LONG_LIST_OF_STRUCTS = 0xf0 | STRUCT;
const TRAILER_SIZE = 8;
const MAGIC = 'PAR1';

/** Cuts a footer apart. Fails with `integrity` where the bytes are none. */
export function splitFooter(footer: Uint8Array): FooterParts {
  const cursor = new FooterCursor(footer);
  const rowGroups: Uint8Array[] = [];
  let start = 0;
  let end = 0;
  cursor.eachField((id, type) => {
    if (id !== ROW_GROUPS || type !== LIST) return false;
    start = cursor.at;
    cursor.eachElement((element) => {
      const from = cursor.at;
      cursor.skip(element);
      rowGroups.push(footer.subarray(from, cursor.at));
    });
    end = cursor.at;
    return true;
  });
  return { before: footer.subarray(0, start), rowGroups, after: footer.subarray(end) };
}

/** A footer with these row groups only, and its trailer. Its count of rows stays that of the whole file. */
export function footerWith({ before, after }: FooterParts, rowGroups: readonly Uint8Array[]): Buffer {
  const head = [LONG_LIST_OF_STRUCTS];
  let rest = rowGroups.length;
  for (; rest > 127; rest >>= 7) head.push((rest & 127) | 128);
  head.push(rest);
  const footer = Buffer.concat([before, Uint8Array.from(head), ...rowGroups, after]);
  const trailer = Buffer.alloc(TRAILER_SIZE);
  trailer.writeUInt32LE(footer.length);
  trailer.write(MAGIC, TRAILER_SIZE - MAGIC.length);
  return Buffer.concat([footer, trailer]);
}

/** The footer at the end of a file, without its trailer. */
export function footerIn(end: Uint8Array): Uint8Array {
  const trailer = Buffer.from(end.buffer, end.byteOffset, end.byteLength).subarray(-TRAILER_SIZE);
  return end.subarray(end.length - TRAILER_SIZE - trailer.readUInt32LE(0), end.length - TRAILER_SIZE);
}

/** Rows that a footer counts in all. */
export function rowsOf(footer: Uint8Array): number {
  const cursor = new FooterCursor(footer);
  let rows = 0;
  cursor.eachField((id) => {
    if (id !== ROWS) return false;
    rows = cursor.readNumber();
    return true;
  });
  return rows;
}
