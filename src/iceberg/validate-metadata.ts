import type { TableMetadata } from './table-metadata.ts';
import { validatePartitionSpecs } from './validate-partition-spec.ts';
import { validateSchemas } from './validate-schema.ts';
import { areUnique, ensure } from './validation-rule.ts';

/** Clocks of several writers may differ by this much before Java refuses to load the table. */
const CLOCK_TOLERANCE_MS = 60_000;

/** Names that engines derive from the metadata; as table properties they would contradict it. */
const reservedProperties: ReadonlySet<string> = new Set([
  'format-version',
  'uuid',
  'snapshot-count',
  'current-snapshot-id',
  'current-snapshot-summary',
  'current-snapshot-timestamp-ms',
  'current-schema',
  'default-partition-spec',
  'default-sort-order',
]);

/**
 * Asserts, before a commit, everything that readers check on load, and that nothing which only grows went back from
 * `previous`.
 *
 * Errors: `integrity` naming the first rule that does not hold; the metadata must then not become current.
 */
export function validateMetadata(metadata: TableMetadata, previous: TableMetadata | undefined): void {
  validateIdentity(metadata);
  validateSchemas(metadata);
  validatePartitionSpecs(metadata);
  validateSortOrders(metadata);
  validateSnapshots(metadata);
  validateRefs(metadata);
  validateLogs(metadata);
  if (previous !== undefined) validateSuccession(metadata, previous);
}

function validateIdentity(metadata: TableMetadata): void {
  const { 'format-version': version, 'table-uuid': uuid, location, properties } = metadata;
  ensure(version === 2, 'format-version must be 2');
  ensure(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid), 'table-uuid must be a UUID in lower case');
  ensure(/^[a-z][a-z0-9+.-]*:\/\/.*[^/]$/.test(location), 'location must be a URI without a trailing slash');
  for (const key of Object.keys(properties)) {
    ensure(!reservedProperties.has(key), `the property ${key} is reserved`);
  }
}

function validateSortOrders(metadata: TableMetadata): void {
  const orders = metadata['sort-orders'];
  const ids = orders.map((order) => order['order-id']);
  ensure(ids.includes(metadata['default-sort-order-id']), 'default-sort-order-id must be in sort-orders');
  ensure(areUnique(ids), 'order ids must be unique');
  for (const order of orders) {
    ensure((order['order-id'] === 0) === (order.fields.length === 0), 'order 0, and only it, is unsorted');
  }
}

function validateSnapshots(metadata: TableMetadata): void {
  const { snapshots, 'last-sequence-number': lastSequenceNumber } = metadata;
  ensure(areUnique(snapshots.map((snapshot) => snapshot['snapshot-id'])), 'snapshot ids must be unique');
  for (const snapshot of snapshots) {
    const id = snapshot['snapshot-id'];
    ensure(id > 0n && id < 2n ** 63n, `snapshot id ${id} must be a positive long`);
    ensure(
      snapshot['sequence-number'] <= lastSequenceNumber,
      `the sequence number of snapshot ${id} must not exceed last-sequence-number`,
    );
    ensure(snapshot['manifest-list'] !== '', `snapshot ${id} must have a manifest list`);
  }
}

function validateRefs(metadata: TableMetadata): void {
  const { refs, snapshots, 'current-snapshot-id': current } = metadata;
  const ids = new Set(snapshots.map((snapshot) => snapshot['snapshot-id']));
  for (const [name, ref] of Object.entries(refs)) {
    ensure(ids.has(ref['snapshot-id']), `the ref ${name} must point to a snapshot of the table`);
  }
  const main = Object.hasOwn(refs, 'main') ? refs.main : undefined;
  ensure((main?.['snapshot-id'] ?? -1n) === current, 'current-snapshot-id must be the head of main');
  ensure(main === undefined || main.type === 'branch', 'main must be a branch');
  const head = snapshots.find((snapshot) => snapshot['snapshot-id'] === current);
  const schemaIds = metadata.schemas.map((schema) => schema['schema-id']);
  ensure(
    head?.['schema-id'] === undefined || schemaIds.includes(head['schema-id']),
    'the schema of the current snapshot must be in schemas',
  );
}

function validateLogs(metadata: TableMetadata): void {
  const {
    'snapshot-log': snapshotLog,
    'metadata-log': metadataLog,
    'last-updated-ms': updatedAt,
    'current-snapshot-id': current,
  } = metadata;
  ensure(
    isAscending([...snapshotLog, { 'timestamp-ms': updatedAt }]),
    'snapshot-log must be in order of time',
  );
  ensure(
    isAscending([...metadataLog, { 'timestamp-ms': updatedAt }]),
    'metadata-log must be in order of time',
  );
  const last = snapshotLog.at(-1);
  ensure(
    last === undefined || last['snapshot-id'] === current,
    'the last entry of snapshot-log must be the current snapshot',
  );
}

function isAscending(entries: readonly { readonly 'timestamp-ms': number }[]): boolean {
  return entries.every((entry, index) => {
    const before = entries[index - 1];
    return before === undefined || entry['timestamp-ms'] >= before['timestamp-ms'] - CLOCK_TOLERANCE_MS;
  });
}

function validateSuccession(metadata: TableMetadata, previous: TableMetadata): void {
  ensure(metadata['table-uuid'] === previous['table-uuid'], 'table-uuid must not change');
  ensure(metadata['last-updated-ms'] > previous['last-updated-ms'], 'last-updated-ms must grow');
  for (const key of ['last-sequence-number', 'last-column-id', 'last-partition-id'] as const) {
    ensure(metadata[key] >= previous[key], `${key} must not decrease`);
  }
}
