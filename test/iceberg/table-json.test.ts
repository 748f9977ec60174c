import { describe, expect, test } from 'vitest';
import { applyUpdates } from '../../src/iceberg/apply-update.ts';
import { parseTableMetadata, serialiseTableMetadata } from '../../src/iceberg/table-json.ts';
import { sampleTable, snapshotUpdates } from './sample-table.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const minimal = () => textOf(serialiseTableMetadata(sampleTable()));
const refusal = (text: string): unknown => {
  try {
    return parseTableMetadata(bytesOf(text));
  } catch (error) {
    return error;
  }
};

/** As Spark writes it: 63-bit ids, retention on refs, statistics, keys that we do not know. */
const foreignText = `{"format-version":2,"table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1",
"location":"s3://bucket/t","last-sequence-number":1,"last-updated-ms":1700000000000,"last-column-id":1,
"current-schema-id":0,"schemas":[{"type":"struct","schema-id":0,"fields":[{"id":1,"name":"a","required":false,"type":"decimal(9,2)"}]}],
"default-spec-id":0,"partition-specs":[{"spec-id":0,"fields":[]}],"last-partition-id":999,"default-sort-order-id":0,
"sort-orders":[{"order-id":0,"fields":[]}],"properties":{"note":"9223372036854775807n"},
"current-snapshot-id":9223372036854775807,
"refs":{"main":{"snapshot-id":9223372036854775807,"type":"branch","max-ref-age-ms":9007199254740993}},
"snapshots":[{"sequence-number":1,"snapshot-id":9223372036854775807,"parent-snapshot-id":null,"timestamp-ms":1700000000000,
"summary":{"operation":"append","spark.app.id":"local-1"},"manifest-list":"s3://bucket/t/metadata/snap-1.avro","schema-id":0,"key-id":"k1"}],
"statistics":[{"snapshot-id":9223372036854775806,"statistics-path":"s3://bucket/t/metadata/s.puffin","blob-metadata":[{"x":[null,1]}]}],
"partition-statistics":[],"snapshot-log":[{"timestamp-ms":1700000000000,"snapshot-id":9223372036854775807}],"metadata-log":[],
"x-foreign":{"big":18446744073709551615,"nested":[{"null":null}]}}`;

describe('snapshot ids', () => {
  test('ids beyond 2^53 survive reading and writing to the last digit', () => {
    const metadata = parseTableMetadata(bytesOf(foreignText));
    expect(metadata['current-snapshot-id']).toBe(9223372036854775807n);
    expect(metadata.refs.main?.['snapshot-id']).toBe(9223372036854775807n);
    const written = textOf(serialiseTableMetadata(metadata));
    expect(written.match(/9223372036854775807(?=[,}])/g)).toHaveLength(4);
    expect(written).toContain('"snapshot-id":9223372036854775806');
    expect(written).toContain('"max-ref-age-ms":9007199254740993');
    expect(written).toContain('"note":"9223372036854775807n"');
  });

  test.each([
    '{"x":9007199254740993}',
    '[9007199254740993]',
    '[1, -9007199254740993]',
    '[\n  10000000000000000000001]',
    '{"x" :\t90071992547409931}',
  ])('no integer is rounded wherever it stands: %j', (foreign) => {
    const text = foreignText.replaceAll(/\d{16,}/g, '7').replace('"x-foreign":', `"x-other":${foreign},$&`);
    const written = textOf(serialiseTableMetadata(parseTableMetadata(bytesOf(text))));
    expect(written).toContain(foreign.replaceAll(/\s/g, ''));
  });

  test('small ids are bigint in memory too, and plain digits on disk', () => {
    const base = sampleTable();
    const metadata = applyUpdates(base, snapshotUpdates(base, 7n), 2_000);
    const bytes = serialiseTableMetadata(metadata);
    expect(textOf(bytes)).toContain('"current-snapshot-id":7,');
    expect(parseTableMetadata(bytes)).toEqual(metadata);
  });

  test.each(['-1', 'null'])('current-snapshot-id %s means none, and is written as -1', (none) => {
    const metadata = parseTableMetadata(
      bytesOf(minimal().replace('"current-snapshot-id":-1', `"current-snapshot-id":${none}`)),
    );
    expect(metadata['current-snapshot-id']).toBe(-1n);
    expect(textOf(serialiseTableMetadata(metadata))).toContain('"current-snapshot-id":-1,"refs":{}');
  });

  test('an absent current-snapshot-id means none', () => {
    const metadata = parseTableMetadata(bytesOf(minimal().replace('"current-snapshot-id":-1,', '')));
    expect(metadata['current-snapshot-id']).toBe(-1n);
  });

  test('a fractional id is refused, not rounded', () => {
    expect(refusal(minimal().replace('"current-snapshot-id":-1', '"current-snapshot-id":1.5'))).toMatchObject(
      {
        code: 'lake-foreign',
      },
    );
  });
});

describe('foreign keys', () => {
  test('what other writers keep in the metadata is carried unchanged', () => {
    const metadata = parseTableMetadata(bytesOf(foreignText));
    const again = parseTableMetadata(serialiseTableMetadata(metadata));
    expect(again).toEqual(metadata);
    expect(again).toMatchObject({
      'x-foreign': { big: 18446744073709551615n, nested: [{ null: null }] },
      statistics: [{ 'blob-metadata': [{ x: [null, 1] }] }],
      snapshots: [{ 'key-id': 'k1' }],
    });
  });

  test('a null parent is left out, because Java and Trino fail on it', () => {
    const written = textOf(serialiseTableMetadata(parseTableMetadata(bytesOf(foreignText))));
    expect(written).not.toContain('parent-snapshot-id');
  });

  test('without refs the current snapshot is the head of main', () => {
    const text = foreignText.replace(/"refs":\{"main":\{[^}]*\}\},/, '');
    expect(parseTableMetadata(bytesOf(text)).refs).toEqual({
      main: { 'snapshot-id': 9223372036854775807n, type: 'branch' },
    });
  });
});

describe('what is written', () => {
  test('a new table is written key for key as Java writes it', () => {
    expect(minimal()).toBe(
      '{"format-version":2,"table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1","location":"memory://lake/iceberg/orders",' +
        '"last-sequence-number":0,"last-updated-ms":1000,"last-column-id":4,"current-schema-id":0,' +
        '"schemas":[{"type":"struct","schema-id":0,"fields":[{"id":1,"name":"dt","required":true,"type":"date"},' +
        '{"id":2,"name":"id","required":false,"type":"long"},{"id":3,"name":"tags","required":false,"type":{"type":"list",' +
        '"element-id":4,"element":"string","element-required":false}}]}],"default-spec-id":0,"partition-specs":[{"spec-id":0,' +
        '"fields":[{"name":"dt","transform":"identity","source-id":1,"field-id":1000}]}],"last-partition-id":1000,' +
        '"default-sort-order-id":0,"sort-orders":[{"order-id":0,"fields":[]}],"properties":{"permafrost.source":"shop at db:5432"},' +
        '"current-snapshot-id":-1,"refs":{},"snapshots":[],"statistics":[],"partition-statistics":[],"snapshot-log":[],"metadata-log":[]}',
    );
  });
});

describe('B72: metadata that is not ours to write', () => {
  test.each([
    ['version 1', minimal().replace('"format-version":2', '"format-version":1'), 'lake-foreign'],
    ['version 3', minimal().replace('"format-version":2', '"format-version":3'), 'lake-foreign'],
    ['no version', minimal().replace('"format-version":2,', ''), 'lake-foreign'],
    ['a missing key', minimal().replace('"last-partition-id":1000,', ''), 'lake-foreign'],
    ['a type of version 3', minimal().replace('"long"', '"timestamp_ns"'), 'lake-foreign'],
    ['an unknown transform', minimal().replace('"identity"', '"days"'), 'lake-foreign'],
    ['a list for an object', '[]', 'integrity'],
    ['text that was cut short', minimal().slice(0, -40), 'integrity'],
    ['nothing', '', 'integrity'],
    ['compressed bytes', '\u001f\u008b\u0008', 'integrity'],
  ])('%s is refused', (_what, text, code) => {
    expect(refusal(text)).toMatchObject({ name: 'PermafrostError', code, cure: expect.any(String) });
  });

  test('a refusal of damaged metadata quotes nothing of it', () => {
    expect(String(refusal(minimal().replace('"location"', 'secret')))).not.toContain('secret');
  });

  test('a snapshot without an operation is refused', () => {
    expect(refusal(foreignText.replace('"operation":"append",', ''))).toMatchObject({ code: 'lake-foreign' });
  });
});
