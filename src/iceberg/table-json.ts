import { JSONParse, JSONStringify } from 'json-with-bigint';
import { z } from 'zod';
import { PermafrostError } from '../errors.ts';
import type { Transform } from './partition-spec.ts';
import { parseSchema } from './schema-json.ts';
import type { Operation, SnapshotSummary, TableMetadata } from './table-metadata.ts';

/**
 * Reads a metadata file without losing a digit: snapshot ids become `bigint`, keys that we do not know are carried. A
 * missing or null `current-snapshot-id` becomes -1n, missing lists and maps become empty.
 *
 * Errors: `lake-foreign` for another format version or a shape that is not the spec's; `integrity` for what is not
 * JSON, such as a file cut short.
 */
export function parseTableMetadata(bytes: Uint8Array): TableMetadata {
  const json = parseJsonObject(bytes);
  refuseOtherFormats('format-version' in json ? json['format-version'] : undefined);
  const parsed = tableShape.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new PermafrostError(
      'lake-foreign',
      `the table metadata is malformed at ${issue?.path.join('.') ?? 'its root'}: ${issue?.message ?? 'no detail'}`,
      { cure: 'repair the table with the engine that wrote it, or archive into another lake' },
    );
  }
  return withMainBranch(parsed.data);
}

/** Writes the metadata as Java does: compact, its keys in Java's order, then those of other writers; never a null. */
export function serialiseTableMetadata(metadata: TableMetadata): Uint8Array {
  const ordered = orderKeys(metadata, tableKeys);
  const json = {
    ...ordered,
    schemas: metadata.schemas.map((schema) => orderKeys(schema, schemaKeys)),
    snapshots: metadata.snapshots.map((snapshot) => orderKeys(snapshot, snapshotKeys)),
  };
  return new TextEncoder().encode(JSONStringify(json));
}

function parseJsonObject(bytes: Uint8Array): object {
  let json: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    json = hasUnsafeInteger(text) ? JSONParse(text) : JSON.parse(text);
  } catch (cause) {
    // The parser's own message quotes the text, so it is not passed on.
    throw notJson(cause instanceof Error ? cause.name : 'unreadable');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw notJson('not an object');
  return withoutNulls(json);
}

/** A number of so many digits that a plain parse could round it, with what stands before a value. */
const LONG_NUMBER = /[:[,]\s*-?(\d{17,}|9\d{15})/g;

/**
 * Whether a plain parse could round a number; also true for some texts that only look so. Our own ids are safe, and
 * after ten years of nights the lossless parser takes eight times as long. What follows a quote or a letter is no number
 * but part of a text, such as the identifier of the source or a digest.
 */
function hasUnsafeInteger(text: string): boolean {
  return [...text.matchAll(LONG_NUMBER)].some(([, digits]) => !Number.isSafeInteger(Number(digits)));
}

function notJson(detail: string): PermafrostError {
  return new PermafrostError(
    'integrity',
    `the table metadata is not JSON (${detail}); the file may be damaged`,
    {
      cure: 'restore the metadata file from a copy of the lake; nothing was written to the table',
    },
  );
}

function refuseOtherFormats(version: unknown): void {
  if (version === 2) return;
  const found = typeof version === 'number' ? `format version ${version}` : 'no format version';
  throw new PermafrostError('lake-foreign', `the table has ${found}; only version 2 is written here`, {
    cure:
      version === 1
        ? 'upgrade the table to format version 2 with the engine that owns it, or archive into another lake'
        : 'archive into another lake: a table is never downgraded',
  });
}

/** Without `refs`, which older writers leave out, the current snapshot is the head of main. */
function withMainBranch(metadata: TableMetadata): TableMetadata {
  const current = metadata['current-snapshot-id'];
  if (current === -1n || metadata.refs.main !== undefined) return metadata;
  return { ...metadata, refs: { ...metadata.refs, main: { 'snapshot-id': current, type: 'branch' } } };
}

/** In Iceberg's JSON a null key and an absent one say the same, but several readers fail on the null. */
function withoutNulls(json: object): object {
  if (!Object.values(json).includes(null)) return json;
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}

function isTransform(value: unknown): value is Transform {
  return (
    typeof value === 'string' &&
    /^(identity|year|month|day|hour|void|(bucket|truncate)\[[1-9]\d{0,8}\])$/.test(value)
  );
}

const operations: ReadonlySet<unknown> = new Set<Operation>(['append', 'replace', 'overwrite', 'delete']);

function isSummary(json: unknown): json is SnapshotSummary {
  if (typeof json !== 'object' || json === null || !('operation' in json)) return false;
  return operations.has(json.operation) && Object.values(json).every((value) => typeof value === 'string');
}

const snapshotId = z.union([z.int(), z.bigint()]).transform(BigInt);
const stringMap = z.record(z.string(), z.string());

/** An object of the spec: what the shape does not name is carried, null keys are dropped. */
function specObject<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.preprocess(
    (json) => (typeof json === 'object' && json !== null ? withoutNulls(json) : json),
    z.looseObject(shape),
  );
}

const snapshotShape = specObject({
  'sequence-number': z.int().default(0),
  'snapshot-id': snapshotId,
  'parent-snapshot-id': snapshotId.optional(),
  'timestamp-ms': z.int(),
  summary: z.custom<SnapshotSummary>(isSummary, 'no operation, or a value that is not a string'),
  'manifest-list': z.string(),
  'schema-id': z.int().optional(),
});

const partitionSpecShape = specObject({
  'spec-id': z.int(),
  fields: z.array(
    specObject({
      name: z.string(),
      transform: z.custom<Transform>(isTransform, 'unknown transform'),
      'source-id': z.int(),
      'field-id': z.int(),
    }),
  ),
});

const tableShape = z.looseObject({
  'format-version': z.literal(2),
  'table-uuid': z.string(),
  location: z.string(),
  'last-sequence-number': z.int(),
  'last-updated-ms': z.int(),
  'last-column-id': z.int(),
  'current-schema-id': z.int(),
  schemas: z.array(z.unknown().transform(parseSchema)),
  'default-spec-id': z.int(),
  'partition-specs': z.array(partitionSpecShape),
  'last-partition-id': z.int(),
  'default-sort-order-id': z.int(),
  'sort-orders': z.array(specObject({ 'order-id': z.int(), fields: z.array(z.unknown()) })),
  properties: stringMap.default({}),
  'current-snapshot-id': snapshotId.default(-1n),
  refs: z
    .record(z.string(), specObject({ 'snapshot-id': snapshotId, type: z.enum(['branch', 'tag']) }))
    .default({}),
  snapshots: z.array(snapshotShape).default([]),
  statistics: z.array(z.unknown()).default([]),
  'partition-statistics': z.array(z.unknown()).default([]),
  'snapshot-log': z.array(specObject({ 'timestamp-ms': z.int(), 'snapshot-id': snapshotId })).default([]),
  'metadata-log': z.array(specObject({ 'timestamp-ms': z.int(), 'metadata-file': z.string() })).default([]),
});

const tableKeys = Object.keys(tableShape.shape);
const snapshotKeys = [
  'sequence-number',
  'snapshot-id',
  'parent-snapshot-id',
  'timestamp-ms',
  'summary',
  'manifest-list',
  'schema-id',
];
const schemaKeys = ['type', 'schema-id', 'identifier-field-ids', 'fields'];

/** The named keys first, in this order; then every other key as it stood. A named key that is not there is undefined. */
function orderKeys(object: object, order: readonly string[]): Readonly<Record<string, unknown>> {
  return { ...Object.fromEntries(order.map((key) => [key, undefined])), ...object };
}
