import { z } from 'zod';
import { PermafrostError } from '../errors.ts';
import {
  LAST_UNASSIGNED_PARTITION_ID,
  type PartitionField,
  type PartitionSpec,
  type Transform,
} from './partition-spec.ts';
import { parseSchema } from './schema-json.ts';
import type { Schema } from './schema.ts';

/** What the files of a manifest are: rows, or deletes of rows. This product writes data only. */
export type ManifestContent = 'data' | 'deletes';

/** A manifest's key-value metadata, taken apart. */
export type ManifestHeader = {
  readonly formatVersion: number;
  readonly content: ManifestContent;
  /** The table's schema when the manifest was written. */
  readonly schema: Schema;
  readonly spec: PartitionSpec;
};

const NEWEST_FORMAT_VERSION = 2;

/** Fields of format version 1 may lack their id; they then count up. */
const storedFields = z.array(
  z.looseObject({
    name: z.string(),
    transform: z.custom<Transform>((value) => typeof value === 'string'),
    'source-id': z.int(),
    'field-id': z.int().optional(),
  }),
);

/** Some writers store the whole spec instead of its fields. */
const storedSpec = z.union([storedFields, z.looseObject({ fields: storedFields })]);

/**
 * The key-value metadata of a data manifest. `schema` is the table's schema, not the manifest's own; `partition-spec`
 * holds the fields alone, not the whole spec: readers fail on both mistakes.
 */
export function manifestMetadata(schema: Schema, spec: PartitionSpec): ReadonlyMap<string, string> {
  return new Map([
    ['schema', JSON.stringify(schema)],
    ['schema-id', String(schema['schema-id'])],
    ['partition-spec', JSON.stringify(spec.fields)],
    ['partition-spec-id', String(spec['spec-id'])],
    ['format-version', String(NEWEST_FORMAT_VERSION)],
    ['content', 'data'],
  ]);
}

/** Takes the metadata apart, with the defaults of format version 1 for keys that it did not have. */
export function manifestHeader(metadata: ReadonlyMap<string, string>): ManifestHeader {
  const formatVersion = requireKnownVersion(metadata, '1');
  const schema = parseSchema(parseJson(metadata, 'schema'));
  return {
    formatVersion,
    content: metadata.get('content') === 'deletes' ? 'deletes' : 'data',
    schema: { ...schema, 'schema-id': Number(metadata.get('schema-id') ?? schema['schema-id']) },
    spec: {
      'spec-id': Number(metadata.get('partition-spec-id') ?? 0),
      fields: partitionFields(parseJson(metadata, 'partition-spec')),
    },
  };
}

/** The file's format version; a newer one than this product knows may hold what it would lose, so it is refused. */
export function requireKnownVersion(metadata: ReadonlyMap<string, string>, assumed: '1' | '2'): number {
  const version = metadata.get('format-version') ?? assumed;
  if (version === '1' || version === '2') return Number(version);
  throw new PermafrostError('lake-foreign', `a manifest has format version ${version}, newer than 2`, {
    cure: 'upgrade Permafrost, or keep writers of a newer table format away from this table',
  });
}

function partitionFields(json: unknown): readonly PartitionField[] {
  const stored = storedSpec.safeParse(json);
  if (!stored.success) throw foreign('has a partition spec that is malformed');
  const fields = 'fields' in stored.data ? stored.data.fields : stored.data;
  return fields.map((field, i) => ({
    ...field,
    'field-id': field['field-id'] ?? LAST_UNASSIGNED_PARTITION_ID + 1 + i,
  }));
}

function parseJson(metadata: ReadonlyMap<string, string>, key: string): unknown {
  const json = metadata.get(key);
  if (json === undefined) throw foreign(`lacks the metadata key ${key}`);
  try {
    return JSON.parse(json);
  } catch {
    throw foreign(`has a metadata key ${key} that is not JSON`);
  }
}

function foreign(what: string): PermafrostError {
  return new PermafrostError('lake-foreign', `a manifest ${what}`, {
    cure: 'find the writer of this snapshot: its metadata does not follow the Iceberg spec',
  });
}
