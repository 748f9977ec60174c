import { describe, expect, test } from 'vitest';
import { applyUpdates } from '../../src/iceberg/apply-update.ts';
import { checkRequirements } from '../../src/iceberg/check-requirements.ts';
import type { Schema } from '../../src/iceberg/schema.ts';
import type { TableMetadata } from '../../src/iceberg/table-metadata.ts';
import type { TableRequirement, TableUpdate } from '../../src/iceberg/table-update.ts';
import { validateMetadata } from '../../src/iceberg/validate-metadata.ts';
import {
  byNight,
  sampleSchema,
  sampleTable,
  sampleUpdates,
  snapshotUpdates,
  TABLE_UUID,
} from './sample-table.ts';

const withSnapshot = (id = 1n) => {
  const base = sampleTable();
  return applyUpdates(base, snapshotUpdates(base, id), 2_000);
};

const wider: Schema = {
  ...sampleSchema,
  'schema-id': -1,
  fields: [...sampleSchema.fields, { id: 5, name: 'note', required: false, type: 'string' }],
};

describe('a requirement that does not hold is a conflict', () => {
  test.each<[string, TableMetadata | undefined, TableRequirement]>([
    ['the table exists', sampleTable(), { type: 'assert-create' }],
    ['no table', undefined, { type: 'assert-table-uuid', uuid: TABLE_UUID }],
    [
      'another uuid',
      sampleTable(),
      { type: 'assert-table-uuid', uuid: 'c0ffee00-03fe-4693-9a96-a0705ddf69c1' },
    ],
    ['main moved', withSnapshot(5n), { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 4n }],
    ['main is there', withSnapshot(5n), { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': null }],
    ['no such ref', sampleTable(), { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 5n }],
    [
      'a ref that objects have',
      sampleTable(),
      { type: 'assert-ref-snapshot-id', ref: 'constructor', 'snapshot-id': 5n },
    ],
    ['another schema', sampleTable(), { type: 'assert-current-schema-id', 'current-schema-id': 1 }],
    ['a new column', sampleTable(), { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': 3 }],
    ['another spec', sampleTable(), { type: 'assert-default-spec-id', 'default-spec-id': 1 }],
  ])('%s', (_what, metadata, requirement) => {
    expect(() => checkRequirements(metadata, [requirement])).toThrow(
      expect.objectContaining({
        code: 'commit-conflict',
        message: expect.stringContaining(requirement.type),
      }),
    );
  });

  test('requirements that hold pass, also for a table that does not exist', () => {
    expect(() => checkRequirements(undefined, [{ type: 'assert-create' }])).not.toThrow();
    const requirements: readonly TableRequirement[] = [
      { type: 'assert-table-uuid', uuid: TABLE_UUID.toUpperCase() },
      { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 5n },
      { type: 'assert-ref-snapshot-id', ref: 'audit', 'snapshot-id': null },
      { type: 'assert-current-schema-id', 'current-schema-id': 0 },
      { type: 'assert-last-assigned-field-id', 'last-assigned-field-id': 4 },
      { type: 'assert-default-spec-id', 'default-spec-id': 0 },
    ];
    expect(() => checkRequirements(withSnapshot(5n), requirements)).not.toThrow();
  });
});

describe('create', () => {
  test('a created table is valid before its first snapshot', () => {
    const table = sampleTable(1_234);
    validateMetadata(table, undefined);
    expect(table).toMatchObject({
      'last-updated-ms': 1_234,
      'current-schema-id': 0,
      'default-spec-id': 0,
      refs: {},
    });
  });

  test('an unpartitioned table starts its partition ids below 1000', () => {
    const updates = sampleUpdates().map((update): TableUpdate =>
      update.action === 'add-spec' ? { action: 'add-spec', spec: { 'spec-id': 0, fields: [] } } : update,
    );
    const table = applyUpdates(undefined, updates, 1);
    expect(table['last-partition-id']).toBe(999);
    validateMetadata(table, undefined);
  });
});

describe('schemas and specs', () => {
  test('a new schema gets the next id and raises last-column-id', () => {
    const base = sampleTable();
    const next = applyUpdates(
      base,
      [
        { action: 'add-schema', schema: wider },
        { action: 'set-current-schema', 'schema-id': -1 },
      ],
      5_000,
    );
    expect(next.schemas.map((schema) => schema['schema-id'])).toEqual([0, 1]);
    expect(next).toMatchObject({ 'current-schema-id': 1, 'last-column-id': 5 });
    expect(base.schemas).toHaveLength(1);
  });

  test('going back to an earlier schema reuses its id, and last-column-id stays', () => {
    const grown = applyUpdates(sampleTable(), [{ action: 'add-schema', schema: wider }], 5_000);
    const back = applyUpdates(
      grown,
      [
        { action: 'add-schema', schema: { ...sampleSchema, 'schema-id': 99 } },
        { action: 'set-current-schema', 'schema-id': -1 },
      ],
      6_000,
    );
    expect(back.schemas).toHaveLength(2);
    expect(back).toMatchObject({ 'current-schema-id': 0, 'last-column-id': 5 });
  });

  test('an equal spec is not added twice, another one gets the next id', () => {
    const flat = { 'spec-id': 0, fields: [] };
    const next = applyUpdates(
      sampleTable(),
      [
        { action: 'add-spec', spec: { ...byNight, 'spec-id': 40 } },
        { action: 'add-spec', spec: flat },
        { action: 'set-default-spec', 'spec-id': -1 },
      ],
      5_000,
    );
    expect(next['partition-specs'].map((spec) => spec['spec-id'])).toEqual([0, 1]);
    expect(next).toMatchObject({ 'default-spec-id': 1, 'last-partition-id': 1000 });
  });

  test('a sorted order never takes id 0', () => {
    const fields = [{ transform: 'identity', 'source-id': 2, direction: 'asc', 'null-order': 'nulls-first' }];
    const next = applyUpdates(
      sampleTable(),
      [
        { action: 'add-sort-order', 'sort-order': { 'order-id': 0, fields } },
        { action: 'set-default-sort-order', 'sort-order-id': -1 },
      ],
      5_000,
    );
    expect(next['default-sort-order-id']).toBe(1);
    validateMetadata(next, sampleTable());
  });

  test.each<TableUpdate>([
    { action: 'set-current-schema', 'schema-id': -1 },
    { action: 'set-current-schema', 'schema-id': 7 },
    { action: 'set-default-spec', 'spec-id': -1 },
    { action: 'set-default-sort-order', 'sort-order-id': 4 },
    { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': 7n },
    { action: 'assign-uuid', uuid: 'c0ffee00-03fe-4693-9a96-a0705ddf69c1' },
    { action: 'upgrade-format-version', 'format-version': 3 },
  ])('$action of what is not there is refused', (update) => {
    expect(() => applyUpdates(sampleTable(), [update], 5_000)).toThrow(
      expect.objectContaining({ code: 'unexpected' }),
    );
  });
});

describe('properties and location', () => {
  test('properties are set over, and removed by name', () => {
    const next = applyUpdates(
      sampleTable(),
      [
        { action: 'set-properties', updates: { a: '1', 'permafrost.source': 'new' } },
        { action: 'remove-properties', removals: ['a', 'never-there'] },
      ],
      5_000,
    );
    expect(next.properties).toEqual({ 'permafrost.source': 'new' });
  });

  test('a location loses its trailing slash', () => {
    const next = applyUpdates(sampleTable(), [{ action: 'set-location', location: 's3://b/t//' }], 5_000);
    expect(next.location).toBe('s3://b/t');
  });
});

describe('snapshots', () => {
  test('a snapshot becomes current, with its ref and its log entry', () => {
    const next = withSnapshot(9007199254740995n);
    expect(next).toMatchObject({
      'current-snapshot-id': 9007199254740995n,
      'last-sequence-number': 1,
      refs: { main: { 'snapshot-id': 9007199254740995n, type: 'branch' } },
      'snapshot-log': [{ 'timestamp-ms': 1_001, 'snapshot-id': 9007199254740995n }],
    });
    validateMetadata(next, sampleTable());
  });

  test('a snapshot planned on an older sequence number is a conflict', () => {
    const planned = snapshotUpdates(sampleTable(), 2n);
    expect(() => applyUpdates(withSnapshot(1n), planned, 5_000)).toThrow(
      expect.objectContaining({ code: 'commit-conflict' }),
    );
  });

  test('a snapshot id is never taken twice', () => {
    const base = withSnapshot(1n);
    expect(() => applyUpdates(base, snapshotUpdates(base, 1n), 5_000)).toThrow(
      expect.objectContaining({ code: 'commit-conflict' }),
    );
  });

  test('rolling main back logs the moment, a tag logs nothing', () => {
    const first = withSnapshot(1n);
    const second = applyUpdates(first, snapshotUpdates(first, 2n), 3_000);
    const back = applyUpdates(
      second,
      [
        { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': 1n },
        { action: 'set-snapshot-ref', 'ref-name': 'year-end', type: 'tag', 'snapshot-id': 2n },
      ],
      9_000,
    );
    expect(back['snapshot-log'].map((entry) => entry['snapshot-id'])).toEqual([1n, 2n, 1n]);
    expect(back['snapshot-log'].at(-1)?.['timestamp-ms']).toBe(9_000);
    expect(back.refs['year-end']).toEqual({ 'snapshot-id': 2n, type: 'tag' });
    validateMetadata(back, second);
  });

  test('moving a ref keeps the retention that another engine has set on it', () => {
    const first = withSnapshot(1n);
    const retained = { 'snapshot-id': 1n, type: 'branch', 'max-snapshot-age-ms': 10 } as const;
    const kept: TableMetadata = {
      ...first,
      refs: { main: retained },
    };
    const next = applyUpdates(kept, snapshotUpdates(kept, 2n), 3_000);
    expect(next.refs.main).toEqual({ 'snapshot-id': 2n, type: 'branch', 'max-snapshot-age-ms': 10 });
  });

  test('setting main to where it is adds no log entry', () => {
    const first = withSnapshot(1n);
    const same = applyUpdates(
      first,
      [{ action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': 1n }],
      9_000,
    );
    expect(same['snapshot-log']).toHaveLength(1);
  });
});

test('a clock that went back does not take last-updated-ms back', () => {
  const base = sampleTable(1_000_000);
  const next = applyUpdates(base, [{ action: 'set-properties', updates: { a: '1' } }], 5);
  expect(next['last-updated-ms']).toBe(1_000_001);
});
