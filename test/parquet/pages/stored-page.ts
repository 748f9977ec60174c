import { parquetMetadata } from 'hyparquet';
import { readStruct, type ThriftStruct } from '../../../src/parquet/compact-thrift.ts';
import {
  DATA_PAGE,
  DICTIONARY_PAGE,
  integerIn,
  PAGE_HEADER,
  PAGE_TYPE,
  structIn,
} from '../../../src/parquet/footer-fields.ts';

/** A page as its header tells of it. */
export type StoredPage = {
  readonly kind: 'dictionary' | 'data';
  readonly encoding: number;
  readonly values: number;
  readonly plainBytes: number;
  readonly header: ThriftStruct;
};

/** The pages of every column chunk, row group by row group. */
export function pagesIn(file: Uint8Array): StoredPage[][][] {
  return parquetMetadata(file.slice().buffer).row_groups.map(({ columns }) =>
    columns.map(({ meta_data: chunk }) => {
      const start = Number(chunk!.dictionary_page_offset ?? chunk!.data_page_offset);
      return [...pagesBetween(file, start, start + Number(chunk!.total_compressed_size))];
    }),
  );
}

function* pagesBetween(file: Uint8Array, start: number, end: number): Generator<StoredPage> {
  for (let at = start; at < end;) {
    const { struct: header, end: body } = readStruct(file, at);
    const isDictionary = Number(integerIn(header, PAGE_HEADER.type)) === PAGE_TYPE.dictionary;
    const details = structIn(header, isDictionary ? PAGE_HEADER.dictionaryPage : PAGE_HEADER.dataPage);
    yield {
      kind: isDictionary ? 'dictionary' : 'data',
      encoding: Number(integerIn(details, isDictionary ? DICTIONARY_PAGE.encoding : DATA_PAGE.encoding)),
      values: Number(integerIn(details, isDictionary ? DICTIONARY_PAGE.values : DATA_PAGE.values)),
      plainBytes: Number(integerIn(header, PAGE_HEADER.uncompressedBytes)),
      header,
    };
    at = body + Number(integerIn(header, PAGE_HEADER.compressedBytes));
  }
}
