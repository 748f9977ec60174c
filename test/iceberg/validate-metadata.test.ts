import { describe, expect, test } from 'vitest';
import { applyUpdates } from '../../src/iceberg/apply-update.ts';
import type { PartitionField } from '../../src/iceberg/partition-spec.ts';
import type { NestedField } from '../../src/iceberg/schema.ts';
import type { Snapshot, TableMetadata } from '../../src/iceberg/table-metadata.ts';
import { validateMetadata } from '../../src/iceberg/validate-metadata.ts';
import { byNight, sampleSchema, sampleTable, snapshotUpdates } from './sample-table.ts';

const base = sampleTable();
const valid = applyUpdates(base, snapshotUpdates(base, 11n), 2_000);
const snapshot = first(valid.snapshots);

const withFields = (fields: readonly NestedField[]): Partial<TableMetadata> => ({
  schemas: [{ ...sampleSchema, fields }],
});
const withPartition = (changes: Partial<PartitionField>): Partial<TableMetadata> => ({
  'partition-specs': [{ 'spec-id': 0, fields: byNight.fields.map((field) => ({ ...field, ...changes })) }],
});
const withSnapshot = (changes: Partial<Snapshot>): Partial<TableMetadata> => ({
  snapshots: [{ ...snapshot, ...changes }],
});
const dt = first(sampleSchema.fields);
const id = first(sampleSchema.fields.slice(1));
const tags = first(sampleSchema.fields.slice(2));

function first<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (item === undefined) throw new Error('there is none');
  return item;
}

test('valid metadata passes', () => {
  expect(() => validateMetadata(base, undefined)).not.toThrow();
  expect(() => validateMetadata(valid, base)).not.toThrow();
});

describe('metadata that readers would refuse is never committed', () => {
  test.each<[string, string, Partial<TableMetadata>]>([
    ['an upper-case uuid', 'lower case', { 'table-uuid': valid['table-uuid'].toUpperCase() }],
    ['no uuid', 'lower case', { 'table-uuid': '' }],
    ['a location without a scheme', 'location must be a URI', { location: '/srv/lake/orders' }],
    ['a location with a trailing slash', 'location must be a URI', { location: 'file:///srv/lake/' }],
    ['a reserved property', 'is reserved', { properties: { 'current-schema': '{}' } }],
    [
      'a current schema that is not there',
      'current-schema-id must be in schemas',
      { 'current-schema-id': 3 },
    ],
    ['two schemas of one id', 'schema ids must be unique', { schemas: [sampleSchema, sampleSchema] }],
    ['a field id of 0', 'must lie between 1 and', withFields([dt, { ...id, id: 0 }])],
    [
      'a reserved field id',
      'must lie between 1 and',
      { ...withFields([dt, { ...id, id: 2_147_483_540 }]), 'last-column-id': 2_147_483_646 },
    ],
    ['a field id above last-column-id', 'may exceed last-column-id', { 'last-column-id': 3 }],
    ['a field id used twice', 'field ids must be unique', withFields([dt, { ...id, id: 1 }])],
    ['an element id used twice', 'field ids must be unique', withFields([dt, { ...id, id: 4 }, tags])],
    ['a column name used twice', 'field names must be unique', withFields([dt, { ...id, name: 'dt' }])],
    [
      'an optional identifier field',
      'identifier field 2',
      { schemas: [{ ...sampleSchema, 'identifier-field-ids': [2] }] },
    ],
    ['a default spec that is not there', 'default-spec-id must be in', { 'default-spec-id': 4 }],
    ['no partition specs', 'default-spec-id must be in', { 'partition-specs': [] }],
    ['two specs of one id', 'spec ids must be unique', { 'partition-specs': [byNight, byNight] }],
    ['a partition field id below 1000', 'between 1000 and', withPartition({ 'field-id': 7 })],
    ['a partition field id above last-partition-id', 'between 1000 and', withPartition({ 'field-id': 1001 })],
    [
      'last-partition-id of 0',
      'last-partition-id must be at least 999',
      { 'last-partition-id': 0, 'partition-specs': [{ 'spec-id': 0, fields: [] }] },
    ],
    [
      'a partition source that is not there',
      'identity, partition field dt, must have',
      withPartition({ 'source-id': 77 }),
    ],
    [
      'a partition source inside a list',
      'identity, partition field e, must have',
      withPartition({ name: 'e', 'source-id': 4 }),
    ],
    [
      'a partition source that is a list',
      'identity, partition field e, must have',
      withPartition({ name: 'e', 'source-id': 3 }),
    ],
    [
      'a transform that does not fit the type',
      'hour, partition field h, must have',
      withPartition({ name: 'h', transform: 'hour' }),
    ],
    [
      'a partition field named like another column',
      'named like another column',
      withPartition({ name: 'id' }),
    ],
    [
      'a partition field id with a new meaning',
      'must keep its source and transform',
      {
        'partition-specs': [
          byNight,
          { 'spec-id': 1, fields: [{ name: 'm', transform: 'month', 'source-id': 1, 'field-id': 1000 }] },
        ],
      },
    ],
    [
      'a default sort order that is not there',
      'default-sort-order-id must be in',
      { 'default-sort-order-id': 1 },
    ],
    ['order 0 with fields', 'order 0, and only it', { 'sort-orders': [{ 'order-id': 0, fields: [{}] }] }],
    ['a snapshot id of 0', 'must be a positive long', { ...withSnapshot({ 'snapshot-id': 0n }) }],
    ['a snapshot twice', 'snapshot ids must be unique', { snapshots: [snapshot, snapshot] }],
    [
      'a sequence number above the last',
      'must not exceed last-sequence-number',
      { 'last-sequence-number': 0 },
    ],
    [
      'a snapshot without a manifest list',
      'must have a manifest list',
      withSnapshot({ 'manifest-list': '' }),
    ],
    [
      'a schema id of the current snapshot that is not there',
      'schema of the current snapshot',
      withSnapshot({ 'schema-id': 9 }),
    ],
    [
      'a ref to a snapshot that is not there',
      'the ref old must point',
      { refs: { ...valid.refs, old: { type: 'tag', 'snapshot-id': 5n } } },
    ],
    ['main elsewhere than current-snapshot-id', 'must be the head of main', { 'current-snapshot-id': -1n }],
    ['no main', 'must be the head of main', { refs: {} }],
    ['main as a tag', 'main must be a branch', { refs: { main: { type: 'tag', 'snapshot-id': 11n } } }],
    [
      'a snapshot log that ends elsewhere',
      'last entry of snapshot-log',
      { 'snapshot-log': [{ 'timestamp-ms': 1, 'snapshot-id': 5n }] },
    ],
    [
      'a snapshot log of the future',
      'snapshot-log must be in order',
      { 'snapshot-log': [{ 'timestamp-ms': 100_000, 'snapshot-id': 11n }] },
    ],
    [
      'a snapshot log out of order',
      'snapshot-log must be in order',
      {
        'last-updated-ms': 200_000,
        'snapshot-log': [
          { 'timestamp-ms': 100_000, 'snapshot-id': 11n },
          { 'timestamp-ms': 1, 'snapshot-id': 11n },
        ],
      },
    ],
    [
      'a metadata log of the future',
      'metadata-log must be in order',
      { 'metadata-log': [{ 'timestamp-ms': 100_000, 'metadata-file': 'file:///v1' }] },
    ],
  ])('%s', (_what, rule, changes) => {
    expect(() => validateMetadata({ ...valid, ...changes }, undefined)).toThrow(
      expect.objectContaining({ code: 'integrity', message: expect.stringContaining(rule) }),
    );
  });
});

describe('what only grows never goes back', () => {
  test.each<[string, string, Partial<TableMetadata>]>([
    ['another uuid', 'table-uuid must not change', { 'table-uuid': 'c0ffee00-03fe-4693-9a96-a0705ddf69c1' }],
    ['last-updated-ms that stands', 'last-updated-ms must grow', { 'last-updated-ms': 5_000 }],
    ['a lower last-column-id', 'last-column-id must not decrease', { 'last-column-id': 4 }],
    ['a lower last-partition-id', 'last-partition-id must not decrease', { 'last-partition-id': 1000 }],
    ['a lower last-sequence-number', 'last-sequence-number must not decrease', { 'last-sequence-number': 1 }],
  ])('%s', (_what, rule, changes) => {
    const previous = {
      ...valid,
      'last-updated-ms': 5_000,
      'last-column-id': 5,
      'last-partition-id': 1001,
      'last-sequence-number': 2,
    };
    const next = { ...previous, 'last-updated-ms': 6_000 };
    validateMetadata(next, previous);
    expect(() => validateMetadata({ ...next, ...changes }, previous)).toThrow(
      expect.objectContaining({ code: 'integrity', message: expect.stringContaining(rule) }),
    );
  });
});

test('clocks of two writers may differ by less than a minute', () => {
  const log = [{ 'timestamp-ms': 50_000, 'snapshot-id': 11n }];
  const ahead = { ...valid, 'last-updated-ms': 2_000, 'snapshot-log': log };
  expect(() => validateMetadata(ahead, undefined)).not.toThrow();
});
