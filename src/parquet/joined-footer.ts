import { readStruct, type ThriftStruct, writeStruct } from './compact-thrift.ts';
import {
  COLUMN_CHUNK,
  COLUMN_METADATA,
  FILE_METADATA,
  integerIn,
  ROW_GROUP,
  setInteger,
  setStructs,
  structIn,
  structsIn,
} from './footer-fields.ts';

const MAGIC = Buffer.from('PAR1');
const TRAILER_SIZE = 8;
/** A row group's own number is a 16-bit integer, and may be left out. */
const MOST_ORDINALS = 2 ** 15;
const { dataPageOffset, indexPageOffset, dictionaryPageOffset } = COLUMN_METADATA;

/** A footer as it ends a file. */
export function withTrailer(footer: Uint8Array): Buffer {
  const trailer = Buffer.alloc(TRAILER_SIZE);
  trailer.writeUInt32LE(footer.length);
  MAGIC.copy(trailer, MAGIC.length);
  return Buffer.concat([footer, trailer]);
}

/** The end of a file, cut where its footer begins. */
export type FileEnd = { readonly pages: Uint8Array; readonly footer: ThriftStruct };

/** Takes the end of a Parquet file apart; it must hold the whole footer. */
export function splitEnd(end: Uint8Array): FileEnd {
  const bytes = Buffer.from(end.buffer, end.byteOffset, end.byteLength);
  const footerAt = bytes.length - TRAILER_SIZE - bytes.readUInt32LE(bytes.length - TRAILER_SIZE);
  if (footerAt < 0 || !bytes.subarray(-MAGIC.length).equals(MAGIC))
    throw new Error('the Parquet encoder ended its file in a way that is not known');
  return { pages: end.subarray(0, footerAt), footer: readStruct(bytes, footerAt).struct };
}

/**
 * The footer of a file that is made of the row groups of several, one behind the other. It keeps row groups encoded:
 * there may be one for each row. Page indexes stay where their file had them, and are not referred to any more.
 */
export class JoinedFooter {
  #file: ThriftStruct | undefined;
  readonly #rowGroups: Uint8Array[] = [];
  #rows = 0n;

  get isEmpty(): boolean {
    return this.#file === undefined;
  }

  /** Adds the row groups of a file whose bytes now stand `shift` further back than they did. */
  add(file: ThriftStruct, shift: number): void {
    this.#file ??= file;
    this.#rows += integerIn(file, FILE_METADATA.rows);
    for (const rowGroup of structsIn(file, FILE_METADATA.rowGroups)) {
      moveRowGroup(rowGroup, BigInt(shift));
      this.#number(rowGroup);
      this.#rowGroups.push(writeStruct(rowGroup));
    }
  }

  /** The footer and its trailer. */
  encode(): Uint8Array {
    const file: ThriftStruct = new Map(this.#file);
    setInteger(file, FILE_METADATA.rows, this.#rows);
    setStructs(file, FILE_METADATA.rowGroups, this.#rowGroups);
    return withTrailer(writeStruct(file));
  }

  #number(rowGroup: ThriftStruct): void {
    const ordinal = this.#rowGroups.length;
    if (ordinal < MOST_ORDINALS) setInteger(rowGroup, ROW_GROUP.ordinal, BigInt(ordinal));
    else rowGroup.delete(ROW_GROUP.ordinal);
  }
}

function moveRowGroup(rowGroup: ThriftStruct, shift: bigint): void {
  move(rowGroup, ROW_GROUP.fileOffset, shift);
  for (const chunk of structsIn(rowGroup, ROW_GROUP.columns)) {
    dropPageIndexes(chunk);
    const metadata = structIn(chunk, COLUMN_CHUNK.metadata);
    for (const id of [dataPageOffset, indexPageOffset, dictionaryPageOffset]) move(metadata, id, shift);
  }
}

function dropPageIndexes(chunk: ThriftStruct): void {
  chunk.delete(COLUMN_CHUNK.offsetIndexOffset);
  chunk.delete(COLUMN_CHUNK.offsetIndexLength);
  chunk.delete(COLUMN_CHUNK.columnIndexOffset);
  chunk.delete(COLUMN_CHUNK.columnIndexLength);
}

function move(struct: ThriftStruct, id: number, shift: bigint): void {
  if (struct.has(id)) setInteger(struct, id, integerIn(struct, id) + shift);
}
