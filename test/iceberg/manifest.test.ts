import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAvroFile } from '../../src/iceberg/avro-file.ts';
import { compareValues } from '../../src/iceberg/bounds.ts';
import type { DataFile, PartitionValue } from '../../src/iceberg/data-file.ts';
import {
  inheritEntry,
  type ManifestEntry,
  manifestFileOf,
  readListedManifest,
  readManifest,
  writeManifest,
} from '../../src/iceberg/manifest.ts';
import type { PartitionSpec } from '../../src/iceberg/partition-spec.ts';
import { partitionType } from '../../src/iceberg/partition-type.ts';
import type { PrimitiveType, Schema } from '../../src/iceberg/schema.ts';
import { fromSingleValueBytes } from '../../src/iceberg/single-value.ts';
import { byNight, sampleSchema } from './sample-table.ts';
import { valuesByType, valuesOf } from './typed-value.ts';

/** Above 2^53: a number would round it. */
const SNAPSHOT = 9_007_199_254_740_993n;
const OLDER = 8_999_999_999_999_999_999n;
const unpartitioned: PartitionSpec = { 'spec-id': 0, fields: [] };

const file = (name: string, parts: Partial<DataFile> = {}): DataFile => ({
  path: `gs://lake/t/data/${name}.parquet`,
  partition: new Map([[1000, 20_614]]),
  recordCount: 10n,
  fileSizeInBytes: 1000n,
  columnSizes: new Map([[2, 40n]]),
  valueCounts: new Map([[2, 10n]]),
  nullValueCounts: new Map([[2, 1n]]),
  nanValueCounts: new Map(),
  lowerBounds: new Map([[2, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)]]),
  upperBounds: new Map([[2, Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0)]]),
  splitOffsets: [4n, 500n],
  ...parts,
});
const added = (dataFile: DataFile): ManifestEntry => ({
  status: 'added',
  snapshotId: SNAPSHOT,
  sequenceNumber: null,
  fileSequenceNumber: null,
  dataFile,
});
const existing = (dataFile: DataFile, sequenceNumber = 3n): ManifestEntry => ({
  status: 'existing',
  snapshotId: OLDER,
  sequenceNumber,
  fileSequenceNumber: sequenceNumber + 1n,
  dataFile,
});
const deleted = (dataFile: DataFile): ManifestEntry => ({
  ...existing(dataFile),
  status: 'deleted',
  snapshotId: SNAPSHOT,
});
const write = (...entries: readonly ManifestEntry[]) =>
  writeManifest({ schema: sampleSchema, spec: byNight, snapshotId: SNAPSHOT, entries });
const onDay = (name: string, days: number | null) => file(name, { partition: new Map([[1000, days]]) });
const coded = (code: string) => expect.objectContaining({ code });
const mixed = [added(file('a')), existing(file('b')), deleted(file('c'))];

describe('a manifest', () => {
  test('comes back as it was written, with ids above 2^53', () => {
    expect(readManifest(write(...mixed).bytes)).toEqual({
      formatVersion: 2,
      content: 'data',
      schema: sampleSchema,
      spec: byNight,
      entries: mixed,
    });
  });

  test('any partition value of any type comes back, and its summary encloses it', () => {
    fc.assert(
      fc.property(anyPartitionedFiles(), ({ schema, spec, entries }) => {
        const written = writeManifest({ schema, spec, snapshotId: SNAPSHOT, entries });
        expect(readManifest(written.bytes).entries).toEqual(entries);
        for (const [i, field] of partitionType(spec, schema).entries()) {
          const values = entries.map((entry) => entry.dataFile.partition.get(field['field-id']) ?? null);
          expectEnclosing(field.type, written.partitions[i], values);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('any statistics come back', () => {
    const counts = fc.array(fc.tuple(fc.nat(), fc.bigInt(0n, 2n ** 63n - 1n)));
    const bounds = fc.array(
      fc.tuple(
        fc.nat(),
        fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
      ),
    );
    fc.assert(
      fc.property(counts, bounds, (counted, bounded) => {
        const statistics = {
          columnSizes: new Map(counted),
          valueCounts: new Map(counted),
          nullValueCounts: new Map(counted),
          nanValueCounts: new Map(counted),
          lowerBounds: new Map(bounded),
          upperBounds: new Map(bounded),
          splitOffsets: counted.map(([, offset]) => offset),
        };
        const entries = [added(file('a', statistics))];
        expect(readManifest(write(...entries).bytes).entries).toEqual(entries);
      }),
    );
  });

  test('says the schema of the table, the fields of the spec and its content in its metadata', () => {
    const { metadata } = readAvroFile(write(...mixed).bytes);
    expect(Object.fromEntries(metadata)).toEqual({
      schema: JSON.stringify(sampleSchema),
      'schema-id': '0',
      'partition-spec': '[{"name":"dt","transform":"identity","source-id":1,"field-id":1000}]',
      'partition-spec-id': '0',
      'format-version': '2',
      content: 'data',
    });
  });

  test('of an unpartitioned table says [] and has no summaries', () => {
    const entries = [added(file('a', { partition: new Map() }))];
    const written = writeManifest({
      schema: sampleSchema,
      spec: unpartitioned,
      snapshotId: SNAPSHOT,
      entries,
    });
    expect(readAvroFile(written.bytes).metadata.get('partition-spec')).toBe('[]');
    expect(written.partitions).toEqual([]);
    expect(readManifest(written.bytes).entries).toEqual(entries);
  });

  test('stores statistics that are unknown as empty, not as null', () => {
    const none = new Map<number, never>();
    const unknown = { columnSizes: none, valueCounts: none, nullValueCounts: none };
    const [record] = readAvroFile(write(added(file('a', { ...unknown, lowerBounds: none }))).bytes).records;
    expect(record?.f2).toMatchObject({ f108: [], f109: [], f110: [], f137: [], f125: [] });
  });

  test('calls its files PARQUET and gives added ones no sequence number, so that a lost race can be retried', () => {
    const [record] = readAvroFile(write(added(file('a'))).bytes).records;
    expect(record).toMatchObject({
      f0: 1,
      f1: SNAPSHOT,
      f3: null,
      f4: null,
      f2: { f134: 0, f101: 'PARQUET' },
    });
  });

  test('carries the sort order that another engine gave a file', () => {
    const entry = { ...existing(file('a')), sortOrderId: 4 };
    expect(readManifest(write(entry).bytes).entries).toEqual([entry]);
  });

  test('renames a partition field that Avro cannot spell, and finds it again by its id', () => {
    const spec = { ...byNight, fields: byNight.fields.map((field) => ({ ...field, name: 'a-b' })) };
    const entries = [added(file('a'))];
    const { bytes } = writeManifest({ schema: sampleSchema, spec, snapshotId: SNAPSHOT, entries });
    expect(readManifest(bytes)).toMatchObject({ spec, entries });
  });
});

describe('the totals of a manifest', () => {
  test('count files and rows by status', () => {
    const written = write(
      added(file('a', { recordCount: 1n })),
      added(file('b', { recordCount: 2n })),
      existing(file('c', { recordCount: 2n ** 60n }), 9n),
      existing(file('d', { recordCount: 1n }), 4n),
      existing(file('e', { recordCount: 0n }), 7n),
      deleted(file('f', { recordCount: 100n })),
    );
    expect(written).toMatchObject({
      length: BigInt(written.bytes.length),
      specId: 0,
      addedSnapshotId: SNAPSHOT,
      addedFilesCount: 2,
      existingFilesCount: 3,
      deletedFilesCount: 1,
      addedRowsCount: 3n,
      existingRowsCount: 2n ** 60n + 1n,
      deletedRowsCount: 100n,
      minSequenceNumber: 4n,
    });
  });

  test('take the lowest sequence number from live files only; added ones count as the commit', () => {
    const path = 'gs://lake/t/metadata/m0.avro';
    expect(manifestFileOf(write(added(file('a'))), path, 12n)).toMatchObject({
      path,
      sequenceNumber: 12n,
      minSequenceNumber: 12n,
    });
    expect(manifestFileOf(write(deleted(file('a'))), path, 12n).minSequenceNumber).toBe(12n);
    expect(manifestFileOf(write(...mixed), path, 12n).minSequenceNumber).toBe(3n);
    expect(manifestFileOf(write(existing(file('a'), 0n)), path, 12n).minSequenceNumber).toBe(0n);
  });

  test('do not drag the bytes into the row of the manifest list', () => {
    expect(manifestFileOf(write(...mixed), 'gs://lake/m.avro', 12n)).not.toHaveProperty('bytes');
  });

  test('summarise the partition over all entries, deleted ones too', () => {
    expect(write(added(onDay('a', 7)), existing(onDay('b', 5)), deleted(onDay('c', 9))).partitions).toEqual([
      {
        containsNull: false,
        containsNan: false,
        lowerBound: Uint8Array.of(5, 0, 0, 0),
        upperBound: Uint8Array.of(9, 0, 0, 0),
      },
    ]);
    expect(write(added(onDay('a', null))).partitions).toEqual([
      { containsNull: true, containsNan: false, lowerBound: null, upperBound: null },
    ]);
    expect(write(added(onDay('a', null)), added(onDay('b', -1))).partitions).toMatchObject([
      { containsNull: true, lowerBound: new Uint8Array(4).fill(0xff) },
    ]);
  });

  test('hold partition bounds that are not truncated', () => {
    const schema: Schema = {
      type: 'struct',
      'schema-id': 0,
      fields: [{ id: 1, name: 'dt', required: false, type: 'string' }],
    };
    const long = 'x'.repeat(100);
    const entries = [added(file('a', { partition: new Map([[1000, long]]) }))];
    const [summary] = writeManifest({ schema, spec: byNight, snapshotId: SNAPSHOT, entries }).partitions;
    expect(summary?.lowerBound).toEqual(new TextEncoder().encode(long));
    expect(summary?.upperBound).toEqual(new TextEncoder().encode(long));
  });
});

describe('a manifest is not written', () => {
  test.each<readonly [string, readonly ManifestEntry[]]>([
    ['without entries', []],
    ['with an added file that has a sequence number', [{ ...added(file('a')), sequenceNumber: 4n }]],
    ['with an added file that has a file sequence number', [{ ...added(file('a')), fileSequenceNumber: 4n }]],
    ['with an existing file without sequence number', [{ ...existing(file('a')), sequenceNumber: null }]],
    ['with a deleted file without sequence number', [{ ...deleted(file('a')), sequenceNumber: null }]],
    ['with an existing file without snapshot', [{ ...existing(file('a')), snapshotId: null }]],
    ['with a file that another snapshot deleted', [{ ...deleted(file('a')), snapshotId: OLDER }]],
    ['with a file that another snapshot added', [{ ...added(file('a')), snapshotId: OLDER }]],
    ['with a file twice', [added(file('a')), existing(file('a'))]],
    ['with a relative path', [added(file('a', { path: 'data/a.parquet' }))]],
    ['with a partition value missing', [added(file('a', { partition: new Map() }))]],
    [
      'with a partition value too many',
      [added(file('a', { partition: new Map([...file('a').partition, [1001, 1]]) }))],
    ],
  ])('%s', (_, entries) => {
    expect(() => write(...entries)).toThrow(coded('unexpected'));
  });

  test('with a partition value of another type', () => {
    const entry = added(file('a', { partition: new Map([[1000, 20_614n]]) }));
    expect(() => write(entry)).toThrow(coded('value-unrepresentable'));
  });
});

describe('entries inherit from the manifest list', () => {
  const row = manifestFileOf(write(...mixed), 'gs://lake/m.avro', 12n);

  test('only added ones take its sequence number', () => {
    const { entries } = readListedManifest(write(...mixed).bytes, row);
    expect(entries.map((entry) => [entry.sequenceNumber, entry.fileSequenceNumber])).toEqual([
      [12n, 12n],
      [3n, 4n],
      [3n, 4n],
    ]);
  });

  test('an entry without a snapshot takes that of the manifest', () => {
    expect(inheritEntry({ ...added(file('a')), snapshotId: null }, row).snapshotId).toBe(SNAPSHOT);
    expect(inheritEntry(existing(file('a')), row).snapshotId).toBe(OLDER);
  });

  test('an existing file without sequence number is refused, but is 0 where format version 1 wrote it', () => {
    const entry = { ...existing(file('a')), sequenceNumber: null, fileSequenceNumber: null };
    expect(() => inheritEntry(entry, row)).toThrow(coded('integrity'));
    const old = { ...row, sequenceNumber: 0n, minSequenceNumber: 0n };
    expect(inheritEntry(entry, old)).toMatchObject({ sequenceNumber: 0n, fileSequenceNumber: 0n });
  });

  test('a manifest with fewer or other files than the list says is refused', () => {
    expect(() => readListedManifest(write(...mixed.slice(1)).bytes, row)).toThrow(coded('integrity'));
    const turned = write(added(file('a')), added(file('b')), deleted(file('c')));
    expect(() => readListedManifest(turned.bytes, row)).toThrow(coded('integrity'));
  });
});

/** Files with one partition field of each type, in any status. */
function anyPartitionedFiles(): fc.Arbitrary<{
  schema: Schema;
  spec: PartitionSpec;
  entries: ManifestEntry[];
}> {
  const types = [...valuesByType.keys()];
  const schema: Schema = {
    type: 'struct',
    'schema-id': 7,
    fields: types.map((type, i) => ({ id: i + 1, name: `c${i}`, required: false, type })),
  };
  const spec: PartitionSpec = {
    'spec-id': 3,
    fields: types.map((_, i) => ({
      name: `c${i}`,
      transform: 'identity',
      'source-id': i + 1,
      'field-id': 1000 + i,
    })),
  };
  const tuple = fc.tuple(...types.map((type) => fc.option(valuesOf(type))));
  const status = fc.constantFrom(added, existing, deleted);
  return fc.array(fc.tuple(tuple, status), { minLength: 1, maxLength: 8 }).map((files) => ({
    schema,
    spec,
    entries: files.map(([values, entryOf], i) =>
      entryOf(file(`f${i}`, { partition: new Map(values.map((value, n) => [1000 + n, value])) })),
    ),
  }));
}

function expectEnclosing(
  type: PrimitiveType,
  summary: ReturnType<typeof writeManifest>['partitions'][number] | undefined,
  values: readonly PartitionValue[],
): void {
  expect(summary?.containsNull).toBe(values.includes(null));
  expect(summary?.containsNan).toBe(values.some((value) => Number.isNaN(value)));
  const counted = values.filter((value) => value !== null && !Number.isNaN(value));
  expect(summary?.lowerBound === null).toBe(counted.length === 0);
  for (const value of counted) {
    if (value === null || !summary?.lowerBound || !summary.upperBound) throw new Error('no bounds');
    expect(compareValues(fromSingleValueBytes(type, summary.lowerBound), value)).toBeLessThanOrEqual(0);
    expect(compareValues(value, fromSingleValueBytes(type, summary.upperBound))).toBeLessThanOrEqual(0);
  }
}
