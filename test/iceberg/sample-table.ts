import { createTableUpdates } from '../../src/iceberg/create-table.ts';
import { applyUpdates } from '../../src/iceberg/apply-update.ts';
import type { PartitionSpec } from '../../src/iceberg/partition-spec.ts';
import type { Schema } from '../../src/iceberg/schema.ts';
import type { Snapshot, TableMetadata } from '../../src/iceberg/table-metadata.ts';
import type { TableUpdate } from '../../src/iceberg/table-update.ts';

export const TABLE_UUID = '9c12d441-03fe-4693-9a96-a0705ddf69c1';

export const sampleSchema: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 1, name: 'dt', required: true, type: 'date' },
    { id: 2, name: 'id', required: false, type: 'long' },
    {
      id: 3,
      name: 'tags',
      required: false,
      type: { type: 'list', 'element-id': 4, element: 'string', 'element-required': false },
    },
  ],
};

export const byNight: PartitionSpec = {
  'spec-id': 0,
  fields: [{ name: 'dt', transform: 'identity', 'source-id': 1, 'field-id': 1000 }],
};

export function sampleUpdates(location = 'memory://lake/iceberg/orders'): readonly TableUpdate[] {
  return createTableUpdates({
    uuid: TABLE_UUID,
    location,
    schema: sampleSchema,
    spec: byNight,
    properties: { 'permafrost.source': 'shop at db:5432' },
  });
}

export function sampleTable(now = 1_000): TableMetadata {
  return applyUpdates(undefined, sampleUpdates(), now);
}

/** What a commit of one snapshot says; its manifest list is only a name. */
export function snapshotUpdates(base: TableMetadata, snapshotId: bigint): readonly TableUpdate[] {
  const parent = base['current-snapshot-id'];
  const snapshot: Snapshot = {
    'sequence-number': base['last-sequence-number'] + 1,
    'snapshot-id': snapshotId,
    ...(parent === -1n ? {} : { 'parent-snapshot-id': parent }),
    'timestamp-ms': base['last-updated-ms'] + 1,
    summary: { operation: 'append', 'total-records': '0' },
    'manifest-list': `${base.location}/metadata/snap-${snapshotId}.avro`,
    'schema-id': base['current-schema-id'],
  };
  return [
    { action: 'add-snapshot', snapshot },
    { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': snapshotId },
  ];
}
