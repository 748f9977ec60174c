import { FooterCursor, I64, LIST, type StoredOffset, STRUCT } from './footer-cursor.ts';

const MAGIC = Buffer.from('PAR1');

/** By parquet.thrift: the list of row groups in FileMetaData, of column chunks in RowGroup, and ColumnMetaData. */
const ROW_GROUPS = 4;
const CHUNKS = 1;
const CHUNK_METADATA = 3;
/** ColumnMetaData: where its data pages, its index page and its dictionary page begin. */
const PAGE_OFFSETS: ReadonlySet<number> = new Set([9, 10, 11]);

/**
 * One row group as a Parquet file of its own, in memory: its pages (bytes `start` on of the real file), then its footer,
 * in which the offsets are moved. So a decoder that takes whole files only reads a file of any size, a row group at a
 * time. Fails with `integrity` where the bytes are no footer.
 */
export function rowGroupFile(footer: Uint8Array, pages: Uint8Array, start: number): Uint8Array {
  const file = Buffer.allocUnsafeSlow(MAGIC.length + pages.length + footer.length);
  const footerAt = MAGIC.length + pages.length;
  MAGIC.copy(file);
  file.set(pages, MAGIC.length);
  file.set(footer, footerAt);
  for (const { at, size, value } of findOffsets(footer)) {
    writeOffset(file, footerAt + at, size, value - start + MAGIC.length);
  }
  return file;
}

function findOffsets(footer: Uint8Array): readonly StoredOffset[] {
  const found: StoredOffset[] = [];
  const cursor = new FooterCursor(footer);
  cursor.eachField((id, type) => {
    if (id !== ROW_GROUPS || type !== LIST) return false;
    cursor.eachElement(() => found.push(...readRowGroup(cursor)));
    return true;
  });
  return found;
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

/** Zigzag doubles a number that is not negative. It keeps the size that was: zero bits fill it up. */
function writeOffset(file: Buffer, at: number, size: number, offset: number): void {
  let rest = offset * 2;
  for (let index = 0; index < size; index++) {
    file[at + index] = (rest % 128) | (index < size - 1 ? 128 : 0);
    rest = Math.floor(rest / 128);
  }
}
