import { DateDay, Field, Float64, Int64, List, Utf8 } from 'apache-arrow';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeDataFile } from '../../src/archive/describe-data-file.ts';
import type { ExportedFile } from '../../src/archive/export-request.ts';
import { DT_FIELD } from '../../src/archive/lake-schema.ts';
import { toEpochDays } from '../../src/archive/night-date.ts';
import type { NestedField } from '../../src/iceberg/schema.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { type Cell, fieldIdMetadata, makeBatch, type TestColumn } from '../parquet/arrow-column.ts';
import { writeFile } from '../parquet/parquet-file.ts';

const PATH = 'iceberg/orders/data/dt=2026-11-20/part-1.parquet';
const days = toEpochDays('2026-11-20');
const store = createMemoryStore();

const fields: readonly NestedField[] = [
  DT_FIELD,
  { id: 2, name: 'id', required: false, type: 'long' },
  { id: 3, name: 'note', required: false, type: 'string' },
  { id: 4, name: 'price', required: false, type: 'double' },
  {
    id: 5,
    name: 'tags',
    required: false,
    type: { type: 'list', 'element-id': 6, element: 'string', 'element-required': false },
  },
];

function columnsOf(dt: readonly Cell[]): TestColumn[] {
  return [
    { name: 'dt', type: new DateDay(), cells: dt, fieldId: 1 },
    { name: 'id', type: new Int64(), cells: [5n, 1n, null], fieldId: 2 },
    { name: 'note', type: new Utf8(), cells: ['b', 'a', 'c'], fieldId: 3 },
    { name: 'price', type: new Float64(), cells: [null, null, null], fieldId: 4 },
    {
      name: 'tags',
      type: new List(new Field('element', new Utf8(), true, fieldIdMetadata(6))),
      cells: [['x', 'y'], [], null],
      fieldId: 5,
    },
  ];
}

async function put(
  path: string,
  columns: readonly TestColumn[],
): Promise<Pick<ExportedFile, 'object' | 'rows'>> {
  const batch = makeBatch(columns);
  const bytes = await writeFile(batch.schema, [batch]);
  await store.putIfAbsent(path, bytes);
  const object = { path, bytes: bytes.byteLength, sha256: 'unused' };
  return { object, rows: batch.numRows };
}

const expected = { fields, days, boundsOff: new Set<number>() };
let file: Pick<ExportedFile, 'object' | 'rows'>;

beforeAll(async () => {
  file = await put(PATH, columnsOf([days, days, days]));
});

describe('a file that is what was written', () => {
  test('is described for the manifest: partition, counts and bounds by field id', async () => {
    const described = await describeDataFile(store, file, expected);
    expect(described).toMatchObject({
      path: `${store.rootUri}/${PATH}`,
      partition: new Map([[1000, days]]),
      recordCount: 3n,
      fileSizeInBytes: BigInt(file.object.bytes),
      splitOffsets: [4n],
    });
    expect([...described.columnSizes.keys()]).toEqual([1, 2, 3, 4, 6]);
    expect(described.valueCounts).toEqual(new Map([1, 2, 3, 4].map((id) => [id, 3n])));
    expect(described.nullValueCounts).toEqual(
      new Map([
        [1, 0n],
        [2, 1n],
        [3, 0n],
        [4, 3n],
      ]),
    );
    const text = new TextDecoder();
    expect([...described.lowerBounds.keys()]).toEqual([1, 2, 3]);
    expect(described.lowerBounds.get(2)).toEqual(new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
    expect(described.upperBounds.get(2)).toEqual(new Uint8Array([5, 0, 0, 0, 0, 0, 0, 0]));
    expect(
      [described.lowerBounds, described.upperBounds].map((bounds) => text.decode(bounds.get(3))),
    ).toEqual(['a', 'c']);
  });

  test('has no bounds of columns that are kept from manifests, but their counts', async () => {
    const { lowerBounds, upperBounds, valueCounts } = await describeDataFile(store, file, {
      ...expected,
      boundsOff: new Set([3]),
    });
    expect([lowerBounds.has(3), upperBounds.has(3), valueCounts.has(3)]).toEqual([false, false, true]);
    expect(lowerBounds.has(2)).toBe(true);
  });

  test('may have no rows at all', async () => {
    const empty = columnsOf([]).map((column) => ({ ...column, cells: [] }));
    const described = await describeDataFile(store, await put('iceberg/orders/data/empty', empty), expected);
    expect(described).toMatchObject({ recordCount: 0n, lowerBounds: new Map(), upperBounds: new Map() });
  });
});

describe('a file that is not what was written is refused', () => {
  const refused = { code: 'integrity', cure: expect.any(String) };

  test('when it is gone, or has another size', async () => {
    const gone = { ...file, object: { ...file.object, path: 'iceberg/orders/data/gone' } };
    await expect(describeDataFile(store, gone, expected)).rejects.toMatchObject(refused);
    const longer = { ...file, object: { ...file.object, bytes: file.object.bytes + 1 } };
    await expect(describeDataFile(store, longer, expected)).rejects.toMatchObject(refused);
  });

  test('when rows are missing', async () => {
    await expect(describeDataFile(store, { ...file, rows: 4 }, expected)).rejects.toThrow(
      /3 rows, 4 were read/,
    );
  });

  test.each([
    ['a column is missing', fields.slice(0, -1)],
    ['field ids are swapped', [fields[0], fields[2], fields[1], fields[3], fields[4]]],
    ['a type differs', fields.map((field) => (field.id === 2 ? { ...field, type: 'int' as const } : field))],
    [
      'text was to be bytes',
      fields.map((field) => (field.id === 3 ? { ...field, type: 'binary' as const } : field)),
    ],
    [
      'a list was to be a value',
      fields.map((field) => (field.id === 5 ? { ...field, id: 6, type: 'string' as const } : field)),
    ],
  ])('when %s', async (_, wanted) => {
    const known = wanted.filter((field) => field !== undefined);
    await expect(describeDataFile(store, file, { ...expected, fields: known })).rejects.toMatchObject(
      refused,
    );
  });

  test.each([
    ['another night', [days, days + 1, days]],
    ['the night before throughout', [days - 1, days - 1, days - 1]],
    ['a row without a night', [days, null, days]],
  ])('when it holds %s', async (what, dt) => {
    const wrong = await put(`iceberg/orders/data/${what}`, columnsOf(dt));
    await expect(describeDataFile(store, wrong, expected)).rejects.toThrow(/dt is not the same in every row/);
  });

  test('when its end was cut off and made up for with zeros', async () => {
    const bytes = await store.get(PATH);
    const path = 'iceberg/orders/data/zeros';
    await store.putIfAbsent(path, bytes.fill(0, bytes.byteLength - 100));
    const zeros = { ...file, object: { ...file.object, path } };
    await expect(describeDataFile(store, zeros, expected)).rejects.toMatchObject(refused);
  });
});
