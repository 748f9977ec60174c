import { assertNever, PermafrostError } from '../errors.ts';
import { LAST_UNASSIGNED_PARTITION_ID, type PartitionSpec } from './partition-spec.ts';
import { highestFieldId, schemasEqual, type Schema } from './schema.ts';
import type { Snapshot, SortOrder, TableMetadata } from './table-metadata.ts';
import type { TableUpdate } from './table-update.ts';

/**
 * The metadata after the updates, in order; undefined in for a table that is created by them. `now` is in milliseconds;
 * `last-updated-ms` always grows, also when the clock went back.
 *
 * The updates are meant for exactly this metadata: check the requirements first, validate the result afterwards. The
 * `metadata-log` is the catalog's, which alone knows the file names.
 *
 * Errors: `commit-conflict` for a snapshot that was planned on older metadata; `unexpected` for an update that names
 * something that is not there.
 */
export function applyUpdates(
  metadata: TableMetadata | undefined,
  updates: readonly TableUpdate[],
  now: number,
): TableMetadata {
  const base = metadata ?? emptyMetadata;
  const updatedAt = Math.max(now, base['last-updated-ms'] + 1, ...updates.map(snapshotTime));
  let draft: Draft = { metadata: { ...base, 'last-updated-ms': updatedAt } };
  for (const update of updates) draft = applyUpdate(draft, update);
  return draft.metadata;
}

/** Metadata in the making, with what "the last one added" means in this commit. */
type Draft = {
  readonly metadata: TableMetadata;
  readonly addedSchemaId?: number;
  readonly addedSpecId?: number;
  readonly addedSortOrderId?: number;
  readonly addedSnapshotId?: bigint;
};

const emptyMetadata: TableMetadata = {
  'format-version': 2,
  'table-uuid': '',
  location: '',
  'last-sequence-number': 0,
  'last-updated-ms': 0,
  'last-column-id': 0,
  'current-schema-id': -1,
  schemas: [],
  'default-spec-id': -1,
  'partition-specs': [],
  'last-partition-id': LAST_UNASSIGNED_PARTITION_ID,
  'default-sort-order-id': -1,
  'sort-orders': [],
  properties: {},
  'current-snapshot-id': -1n,
  refs: {},
  snapshots: [],
  statistics: [],
  'partition-statistics': [],
  'snapshot-log': [],
  'metadata-log': [],
};

function snapshotTime(update: TableUpdate): number {
  return update.action === 'add-snapshot' ? update.snapshot['timestamp-ms'] : 0;
}

function applyUpdate(draft: Draft, update: TableUpdate): Draft {
  switch (update.action) {
    case 'assign-uuid':
      return assignUuid(draft, update.uuid);
    case 'upgrade-format-version':
      return requireVersion2(draft, update['format-version']);
    case 'set-location':
      return change(draft, { location: update.location.replace(/\/+$/, '') });
    case 'add-schema':
      return addSchema(draft, update.schema);
    case 'set-current-schema':
      return setCurrentSchema(draft, update['schema-id']);
    case 'add-spec':
      return addSpec(draft, update.spec);
    case 'set-default-spec':
      return setDefaultSpec(draft, update['spec-id']);
    case 'add-sort-order':
      return addSortOrder(draft, update['sort-order']);
    case 'set-default-sort-order':
      return setDefaultSortOrder(draft, update['sort-order-id']);
    case 'set-properties':
      return change(draft, { properties: { ...draft.metadata.properties, ...update.updates } });
    case 'remove-properties':
      return removeProperties(draft, update.removals);
    case 'add-snapshot':
      return addSnapshot(draft, update.snapshot);
    case 'set-snapshot-ref':
      return setSnapshotRef(draft, update);
    default:
      return assertNever(update);
  }
}

function change(draft: Draft, changes: Partial<TableMetadata>): Draft {
  return { ...draft, metadata: { ...draft.metadata, ...changes } };
}

function assignUuid(draft: Draft, uuid: string): Draft {
  const assigned = draft.metadata['table-uuid'];
  const wanted = uuid.toLowerCase();
  if (assigned !== '' && assigned !== wanted) throw impossible(`the table has the uuid ${assigned} already`);
  return change(draft, { 'table-uuid': wanted });
}

function requireVersion2(draft: Draft, version: number): Draft {
  if (version !== 2) throw impossible(`format version ${version} is not written here`);
  return draft;
}

function addSchema(draft: Draft, schema: Schema): Draft {
  const { schemas, 'last-column-id': lastColumnId } = draft.metadata;
  const known = schemas.find((candidate) => schemasEqual(candidate, schema));
  if (known !== undefined) return { ...draft, addedSchemaId: known['schema-id'] };
  const id = nextId(schemas.map((candidate) => candidate['schema-id']));
  return {
    ...change(draft, {
      schemas: [...schemas, { ...schema, 'schema-id': id }],
      'last-column-id': Math.max(lastColumnId, highestFieldId(schema)),
    }),
    addedSchemaId: id,
  };
}

function setCurrentSchema(draft: Draft, id: number): Draft {
  const known = draft.metadata.schemas.map((schema) => schema['schema-id']);
  return change(draft, { 'current-schema-id': resolveId('schema', id, draft.addedSchemaId, known) });
}

function addSpec(draft: Draft, spec: PartitionSpec): Draft {
  const { 'partition-specs': specs, 'last-partition-id': lastPartitionId } = draft.metadata;
  const known = specs.find((candidate) => specsEqual(candidate, spec));
  if (known !== undefined) return { ...draft, addedSpecId: known['spec-id'] };
  const id = nextId(specs.map((candidate) => candidate['spec-id']));
  return {
    ...change(draft, {
      'partition-specs': [...specs, { ...spec, 'spec-id': id }],
      'last-partition-id': Math.max(lastPartitionId, ...spec.fields.map((field) => field['field-id'])),
    }),
    addedSpecId: id,
  };
}

function specsEqual(left: PartitionSpec, right: PartitionSpec): boolean {
  return (
    left.fields.length === right.fields.length &&
    left.fields.every((field, index) => {
      const other = right.fields[index];
      return (
        field.name === other?.name &&
        field.transform === other.transform &&
        field['source-id'] === other['source-id'] &&
        field['field-id'] === other['field-id']
      );
    })
  );
}

function setDefaultSpec(draft: Draft, id: number): Draft {
  const known = draft.metadata['partition-specs'].map((spec) => spec['spec-id']);
  return change(draft, { 'default-spec-id': resolveId('partition spec', id, draft.addedSpecId, known) });
}

/** Order 0 is reserved for "unsorted", so a sorted one starts at 1. */
function addSortOrder(draft: Draft, order: SortOrder): Draft {
  const orders = draft.metadata['sort-orders'];
  const fields = JSON.stringify(order.fields);
  const known = orders.find((candidate) => JSON.stringify(candidate.fields) === fields);
  if (known !== undefined) return { ...draft, addedSortOrderId: known['order-id'] };
  const id = order.fields.length === 0 ? 0 : nextId([0, ...orders.map((candidate) => candidate['order-id'])]);
  return {
    ...change(draft, { 'sort-orders': [...orders, { ...order, 'order-id': id }] }),
    addedSortOrderId: id,
  };
}

function setDefaultSortOrder(draft: Draft, id: number): Draft {
  const known = draft.metadata['sort-orders'].map((order) => order['order-id']);
  return change(draft, {
    'default-sort-order-id': resolveId('sort order', id, draft.addedSortOrderId, known),
  });
}

function removeProperties(draft: Draft, removals: readonly string[]): Draft {
  const kept = Object.entries(draft.metadata.properties).filter(([key]) => !removals.includes(key));
  return change(draft, { properties: Object.fromEntries(kept) });
}

function addSnapshot(draft: Draft, snapshot: Snapshot): Draft {
  const { snapshots, 'last-sequence-number': lastSequenceNumber } = draft.metadata;
  if (snapshot['sequence-number'] <= lastSequenceNumber) {
    throw outdated(
      `sequence number ${snapshot['sequence-number']} is taken, the last is ${lastSequenceNumber}`,
    );
  }
  if (snapshots.some((candidate) => candidate['snapshot-id'] === snapshot['snapshot-id'])) {
    throw outdated(`snapshot ${snapshot['snapshot-id']} is in the table already`);
  }
  return {
    ...change(draft, {
      snapshots: [...snapshots, snapshot],
      'last-sequence-number': snapshot['sequence-number'],
    }),
    addedSnapshotId: snapshot['snapshot-id'],
  };
}

function setSnapshotRef(draft: Draft, update: Extract<TableUpdate, { action: 'set-snapshot-ref' }>): Draft {
  const { 'ref-name': name, type, 'snapshot-id': id } = update;
  const { refs, snapshots } = draft.metadata;
  const snapshot = snapshots.find((candidate) => candidate['snapshot-id'] === id);
  if (snapshot === undefined)
    throw impossible(`the ref ${name} names snapshot ${id}, which is not in the table`);
  const moved = change(draft, { refs: { ...refs, [name]: { ...refs[name], 'snapshot-id': id, type } } });
  return name === 'main' ? makeCurrent(moved, snapshot) : moved;
}

function makeCurrent(draft: Draft, snapshot: Snapshot): Draft {
  const { 'current-snapshot-id': current, 'last-updated-ms': updatedAt } = draft.metadata;
  const id = snapshot['snapshot-id'];
  if (current === id) return draft;
  const madeCurrentAt = draft.addedSnapshotId === id ? snapshot['timestamp-ms'] : updatedAt;
  return change(draft, {
    'current-snapshot-id': id,
    'snapshot-log': [...draft.metadata['snapshot-log'], { 'timestamp-ms': madeCurrentAt, 'snapshot-id': id }],
  });
}

function nextId(ids: readonly number[]): number {
  return Math.max(-1, ...ids) + 1;
}

/** -1 stands for the last one added by this commit. */
function resolveId(what: string, id: number, added: number | undefined, known: readonly number[]): number {
  const resolved = id === -1 ? added : id;
  if (resolved === undefined) throw impossible(`no ${what} was added that could be made current`);
  if (!known.includes(resolved)) throw impossible(`the table has no ${what} ${resolved}`);
  return resolved;
}

function impossible(message: string): PermafrostError {
  return new PermafrostError('unexpected', `the update cannot be applied: ${message}`);
}

function outdated(message: string): PermafrostError {
  return new PermafrostError('commit-conflict', `the snapshot was planned on older metadata: ${message}`, {
    cure: 'load the table again and plan the commit on what it holds now',
  });
}
