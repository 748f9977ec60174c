import { I64, LIST, STRUCT, type ThriftList, type ThriftStruct, type ThriftValue } from './compact-thrift.ts';

/** Ids of the fields that are read or changed here, as parquet.thrift numbers them. */
export const FILE_METADATA = {
  version: 1,
  schema: 2,
  rows: 3,
  rowGroups: 4,
  createdBy: 6,
  columnOrders: 7,
} as const;

export const COLUMN_ORDER = { typeDefined: 1 } as const;

export const SCHEMA_ELEMENT = {
  type: 1,
  typeLength: 2,
  repetition: 3,
  name: 4,
  children: 5,
  convertedType: 6,
  scale: 7,
  precision: 8,
  fieldId: 9,
  logicalType: 10,
} as const;

export const ROW_GROUP = {
  columns: 1,
  totalBytes: 2,
  rows: 3,
  fileOffset: 5,
  compressedBytes: 6,
  ordinal: 7,
} as const;

/** From `offsetIndexOffset` to `columnIndexLength`: where the page indexes stand, which a file need not have. */
export const COLUMN_CHUNK = {
  fileOffset: 2,
  metadata: 3,
  offsetIndexOffset: 4,
  offsetIndexLength: 5,
  columnIndexOffset: 6,
  columnIndexLength: 7,
} as const;

export const COLUMN_METADATA = {
  type: 1,
  encodings: 2,
  path: 3,
  codec: 4,
  values: 5,
  uncompressedBytes: 6,
  compressedBytes: 7,
  dataPageOffset: 9,
  indexPageOffset: 10,
  dictionaryPageOffset: 11,
  statistics: 12,
  encodingStatistics: 13,
  sizeStatistics: 16,
} as const;

export const STATISTICS = {
  oldMax: 1,
  oldMin: 2,
  nulls: 3,
  max: 5,
  min: 6,
  isMaxExact: 7,
  isMinExact: 8,
} as const;

export const ENCODING_STATISTICS = { pageType: 1, encoding: 2, pages: 3 } as const;

export const SIZE_STATISTICS = { unencodedBytes: 1 } as const;

export const PAGE_HEADER = {
  type: 1,
  uncompressedBytes: 2,
  compressedBytes: 3,
  checksum: 4,
  dataPage: 5,
  dictionaryPage: 7,
} as const;

export const DATA_PAGE = { values: 1, encoding: 2, definitionLevels: 3, repetitionLevels: 4 } as const;

export const DICTIONARY_PAGE = { values: 1, encoding: 2 } as const;

export const PAGE_TYPE = { data: 0, dictionary: 2 } as const;

export const ENCODING = { plain: 0, rle: 3, rleDictionary: 8 } as const;

/** Codecs of column chunks. */
export const CODEC = { uncompressed: 0n, zstd: 6n } as const;

/** The struct in a field. Throws where there is none: the encoder writes other footers than it did. */
export function structIn(struct: ThriftStruct, id: number): ThriftStruct {
  return asStruct(struct.get(id)?.value);
}

/** The structs of the list in a field. */
export function structsIn(struct: ThriftStruct, id: number): readonly ThriftStruct[] {
  return listIn(struct, id).values.map(asStruct);
}

/** The list in a field. */
export function listIn(struct: ThriftStruct, id: number): ThriftList {
  const value = struct.get(id)?.value;
  if (typeof value !== 'object' || value instanceof Uint8Array || value instanceof Map) throw missing();
  return value;
}

/** The integer in a field. */
export function integerIn(struct: ThriftStruct, id: number): bigint {
  const value = struct.get(id)?.value;
  if (typeof value !== 'bigint') throw missing();
  return value;
}

/** Puts an integer in place of another; a field that was not there becomes a 64-bit one. */
export function setInteger(struct: ThriftStruct, id: number, value: bigint): void {
  struct.set(id, { type: struct.get(id)?.type ?? I64, value });
}

/** Puts structs, encoded or not, in place of a list. */
export function setStructs(struct: ThriftStruct, id: number, values: readonly ThriftValue[]): void {
  struct.set(id, { type: LIST, value: { elementType: STRUCT, values } });
}

function asStruct(value: ThriftValue | undefined): ThriftStruct {
  if (!(value instanceof Map)) throw missing();
  return value;
}

function missing(): Error {
  return new Error('a Parquet footer lacks a field that every footer has');
}
