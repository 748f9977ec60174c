import type { Data } from 'apache-arrow';
import { PermafrostError } from '../../errors.ts';
import { ENCODING } from '../footer-fields.ts';
import type { Bounds } from './bounds.ts';
import type { ColumnChunk } from './column-chunk.ts';
import type { ColumnShape } from './column-shape.ts';
import type { Dictionary } from './dictionary.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { appendPacked, bitWidthOf } from './hybrid-runs.ts';
import type { Levels } from './levels.ts';
import {
  appendDataPage,
  appendDictionaryPage,
  chooseLevel,
  type Compressor,
  type Page,
  type PageCompression,
} from './page.ts';

export type Column = {
  readonly shape: ColumnShape;
  readonly compression: PageCompression;
  readonly hasDictionary: boolean;
  readonly hasStatistics: boolean;
  /** Neither a page nor a dictionary has more, but for a single value that has. */
  readonly mostBytes: number;
  /** Pages of a chunk that have more together are rare. */
  readonly chunkBytes: number;
};

const INDEX_SIZE = 4;

/** Makes the pages of one column, one chunk after another, in memory that is used again. */
export class ColumnEncoder {
  readonly #column: Column;
  /** Where pages are put together; shared by all columns. */
  readonly #assembly: GrowingBuffer;
  readonly #levels: Levels;
  readonly #bounds: Bounds;
  /** Undefined where there is none, and for good when one has grown over its limit: so would the next. */
  #dictionary: Dictionary | undefined;
  /** Of the page in the making: its values, or their indices. */
  readonly #values: GrowingBuffer;
  readonly #indices: GrowingBuffer;
  #valueCount = 0;
  #pageRows = 0;
  /** Of the chunk: bytes and description of its dictionary's page, then of the other pages. */
  readonly #dictionaryBytes: GrowingBuffer;
  #dictionaryPage: Page | undefined;
  readonly #pageBytes: GrowingBuffer;
  #pages: Page[] = [];
  /** What the bytes of the last page came to. */
  #ratio = 1;
  /** Of Zstandard, once a page was large enough to choose it by. */
  #level: number | undefined;
  #rows = 0;
  #levelCount = 0;
  #nulls = 0;
  /** Of texts and binaries. */
  #valueBytes: number | undefined;

  constructor(column: Column, assembly: GrowingBuffer) {
    this.#column = column;
    this.#assembly = assembly;
    const { mostBytes, shape, hasDictionary } = column;
    this.#levels = shape.createLevels(mostBytes);
    this.#bounds = shape.values.createBounds();
    this.#values = new GrowingBuffer(mostBytes);
    this.#indices = new GrowingBuffer(mostBytes);
    this.#dictionaryBytes = new GrowingBuffer(mostBytes);
    this.#pageBytes = new GrowingBuffer(column.chunkBytes);
    this.#dictionary = hasDictionary ? shape.values.createDictionary?.(mostBytes) : undefined;
  }

  /** About what the chunk takes so far. */
  get bytes(): number {
    const keys = this.#dictionary?.keys.length ?? 0;
    const bits = this.#dictionary === undefined ? 0 : bitWidthOf(this.#dictionary.count);
    const indices = (this.#indices.length / INDEX_SIZE) * (bits / 8);
    const stored = this.#dictionaryBytes.length + this.#pageBytes.length;
    return stored + (keys + indices + this.#values.length) * this.#ratio;
  }

  /** Takes in rows `from` to `to`. */
  append(data: Data, from: number, to: number): void {
    if (!this.#levels.allow(data)) throw nullNotAllowed(this.#column.shape.path);
    for (let at = from; at < to;) {
      const fitting = this.#levels.rowsWithin(data, at, this.#mostLevels - this.#levels.count);
      const taken = this.#appendRows(data, at, Math.min(to, this.#atLeastOne(at, fitting)));
      this.#count(data, at, taken);
      at = taken;
      if (this.#dictionary?.isFull === true) this.#giveUpDictionary();
      else if (at < to) this.#endPage();
    }
  }

  /** Ends the chunk, and starts another one: its bytes are valid until something is appended to that. */
  endChunk(): ColumnChunk {
    this.#endPage();
    const { shape, compression, hasStatistics } = this.#column;
    const bounds = this.#bounds;
    this.#dictionaryPage ??= this.#storeDictionary();
    const chunk: ColumnChunk = {
      path: shape.path,
      physicalType: shape.physicalType,
      compression,
      dictionary: this.#dictionaryPage,
      pages: this.#pages,
      bytes: [this.#dictionaryBytes.taken(), this.#pageBytes.taken()],
      rows: this.#rows,
      values: this.#levelCount,
      statistics: hasStatistics
        ? { nulls: this.#nulls, min: bounds.min(), max: bounds.max(), valueBytes: this.#valueBytes }
        : undefined,
    };
    this.#startChunk();
    return chunk;
  }

  /** Gives its memory back, the bytes of the last chunk too. Nothing may be appended any more. */
  release(): void {
    for (const buffer of [this.#values, this.#indices, this.#dictionaryBytes, this.#pageBytes])
      buffer.release();
    this.#levels.release();
    this.#dropDictionary();
  }

  get #compressor(): Compressor {
    return { compression: this.#column.compression, level: this.#level };
  }

  /** A page has no more, however little its values take, but for a single row that has. */
  get #mostLevels(): number {
    return this.#column.mostBytes / INDEX_SIZE;
  }

  /** A row for which no page has room gets one of its own. */
  #atLeastOne(from: number, fitting: number): number {
    return this.#pageRows === 0 ? Math.max(fitting, from + 1) : fitting;
  }

  /** Gives up to which row there was room. */
  #appendRows(data: Data, from: number, to: number): number {
    if (this.#dictionary !== undefined) {
      const end = this.#dictionary.add(data, from, to, this.#indices);
      this.#valueCount = this.#indices.length / INDEX_SIZE;
      return end;
    }
    const { mostBytes, shape } = this.#column;
    const fitting = shape.values.rowsWithin(data, from, mostBytes - this.#values.length);
    const end = Math.min(to, this.#atLeastOne(from, fitting));
    this.#valueCount = shape.values.append(data, from, end, this.#values, this.#valueCount);
    return end;
  }

  #count(data: Data, from: number, to: number): void {
    this.#levels.append(data, from, to);
    this.#pageRows += to - from;
    const bytes = this.#column.shape.values.countBytes?.(data, from, to);
    if (bytes !== undefined) this.#valueBytes = (this.#valueBytes ?? 0) + bytes;
  }

  /** Ends the page in the making, if there is one. */
  #endPage(): void {
    if (this.#pageRows === 0) return;
    // Where all are null there need not be a dictionary.
    const isIndexed = this.#dictionary !== undefined && this.#valueCount > 0;
    if (!isIndexed) this.#takeBounds(this.#values, this.#valueCount);
    const encoding = isIndexed ? ENCODING.rleDictionary : ENCODING.plain;
    const body = this.#assemble(isIndexed);
    if (!isIndexed) this.#level ??= chooseLevel(body);
    const described = { values: this.#levels.count, encoding };
    const page = appendDataPage(this.#pageBytes, body, described, this.#compressor);
    this.#pages.push(page);
    this.#ratio = page.bytes / page.plainBytes;
    this.#rows += this.#pageRows;
    this.#levelCount += this.#levels.count;
    this.#nulls += this.#pageRows - this.#valueCount;
    this.#startPage();
  }

  /** The body is valid until the next call. */
  #assemble(isIndexed: boolean): Uint8Array {
    const body = this.#assembly;
    body.clear();
    this.#levels.writeTo(body);
    if (!isIndexed && body.length === 0) return this.#values.taken();
    if (isIndexed) appendIndices(body, this.#indices.words, this.#valueCount, this.#dictionary!.count);
    else body.append(this.#values.taken());
    return body.taken();
  }

  #giveUpDictionary(): void {
    this.#endPage();
    this.#dictionaryPage = this.#storeDictionary();
    this.#dropDictionary();
    this.#indices.release();
  }

  #dropDictionary(): void {
    this.#dictionary?.keys.release();
    this.#dictionary = undefined;
  }

  #storeDictionary(): Page | undefined {
    // A list with which it became full is in none of its pages.
    const isUsed = this.#pages.some(({ encoding }) => encoding === ENCODING.rleDictionary);
    if (this.#dictionary === undefined || !isUsed) return undefined;
    const { keys, count } = this.#dictionary;
    this.#takeBounds(keys, count);
    return appendDictionaryPage(this.#dictionaryBytes, keys.taken(), count, this.#compressor);
  }

  #takeBounds(values: GrowingBuffer, count: number): void {
    if (this.#column.hasStatistics) this.#bounds.take(values, count);
  }

  #startPage(): void {
    this.#values.clear();
    this.#indices.clear();
    this.#levels.clear();
    this.#valueCount = 0;
    this.#pageRows = 0;
  }

  #startChunk(): void {
    this.#dictionary?.clear();
    this.#bounds.clear();
    this.#dictionaryBytes.clear();
    this.#dictionaryPage = undefined;
    this.#pageBytes.clear();
    this.#pages = [];
    this.#rows = 0;
    this.#levelCount = 0;
    this.#nulls = 0;
    this.#valueBytes = undefined;
  }
}

/** Packed indices behind the byte that says how wide they are. */
function appendIndices(body: GrowingBuffer, indices: Int32Array, count: number, keys: number): void {
  const width = bitWidthOf(keys);
  body.reserve(1);
  body.bytes[body.length++] = width;
  appendPacked(body, indices, count, width);
}

function nullNotAllowed([column]: readonly string[]): PermafrostError {
  return new PermafrostError('integrity', `column ${column} has a null, and its schema allows none`);
}
