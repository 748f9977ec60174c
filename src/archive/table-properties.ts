import { PermafrostError } from '../errors.ts';
import type { LoadedTable } from '../catalog/catalog.ts';
import type { NestedField, Schema } from '../iceberg/schema.ts';
import type { TableDescription } from '../postgres/table-description.ts';
import { type ColumnBinding, parseBindings } from './column-binding.ts';
import { DT_FIELD, type KnownTable } from './lake-schema.ts';
import { tableLabel } from './night.ts';
import { isSameSource, printSource, type SourceIdentity } from './source-identity.ts';

/** Table properties by which the product knows its own tables again. */
export const PROPERTY = {
  sourceSystem: 'permafrost.source-system-identifier',
  sourceDatabase: 'permafrost.source-database',
  sourceSchema: 'permafrost.source-schema',
  sourceTable: 'permafrost.source-table',
  sourceTableOid: 'permafrost.source-table-oid',
  /** Oids of the Postgres tables whose nights the lake's table held before, newest last; absent almost always. */
  formerTableOids: 'permafrost.former-table-oids',
  columns: 'permafrost.columns',
  /** Version of the rules in type-contract.ts that the table was created with and keeps for its life. */
  typeContract: 'permafrost.type-contract',
} as const;

/** Snapshots are kept for ever and nothing but Permafrost may delete files. */
const FIXED: Readonly<Record<string, string>> = {
  'write.format.default': 'parquet',
  'write.parquet.compression-codec': 'zstd',
  'gc.enabled': 'false',
  'write.metadata.delete-after-commit.enabled': 'false',
  'write.metadata.previous-versions-max': '4000',
};

/** A table that is dropped and re-created each night would otherwise list oids without end. */
const MOST_FORMER_OIDS = 100;

/** All properties of a table as it should be after tonight. `known` is what it was before. */
export function describeProperties(
  identity: SourceIdentity,
  table: TableDescription,
  bindings: readonly ColumnBinding[],
  boundsOff: readonly NestedField[],
  known: KnownTable | undefined,
  contractVersion: string,
): Readonly<Record<string, string>> {
  const former = formerOids(table.oid, known);
  return {
    ...FIXED,
    ...(identity.systemIdentifier === undefined
      ? {}
      : { [PROPERTY.sourceSystem]: identity.systemIdentifier }),
    [PROPERTY.sourceDatabase]: identity.database,
    [PROPERTY.sourceSchema]: table.schema,
    [PROPERTY.sourceTable]: table.name,
    [PROPERTY.sourceTableOid]: String(table.oid),
    ...(former.length === 0 ? {} : { [PROPERTY.formerTableOids]: former.join(',') }),
    [PROPERTY.columns]: JSON.stringify(bindings),
    [PROPERTY.typeContract]: contractVersion,
    ...Object.fromEntries(
      boundsOff.map((field) => [`write.metadata.metrics.column.${field.name}`, 'counts']),
    ),
  };
}

function formerOids(oid: number, known: KnownTable | undefined): readonly number[] {
  if (known === undefined) return [];
  const held = new Set([...known.formerOids, known.tableOid ?? oid]);
  held.delete(oid);
  return [...held].slice(-MOST_FORMER_OIDS);
}

/**
 * What the lake knows of a table that is there. A table of the same oid is the same one, whatever it is called now.
 * `formerSource` is what the operator calls the same database before it was upgraded, moved or renamed.
 * Error: `lake-foreign` when it belongs to another database or table, or another writer changed its schema.
 */
export function readKnownTable(
  loaded: LoadedTable,
  identity: SourceIdentity,
  table: Pick<TableDescription, 'oid' | 'schema' | 'name'>,
  formerSource: string | undefined,
): KnownTable {
  const from = sourceOf(loaded);
  const isSame = isSameSource(from, identity);
  if (!isSame && printSource(from) !== formerSource) throw refuseSource(loaded.name, from);
  const known = readTable(loaded);
  const { source } = known;
  const hasItsName = source.schema === table.schema && source.name === table.name;
  if (!hasItsName && !(isSame && known.tableOid === table.oid)) {
    throw new PermafrostError('lake-foreign', `the lake's table ${loaded.name} holds ${tableLabel(source)}`, {
      cure: `give ${tableLabel(table)} a lakeTable of its own in the source set`,
    });
  }
  return isSame ? known : { ...known, tableOid: undefined, formerOids: [] };
}

function refuseSource(name: string, from: SourceIdentity): PermafrostError {
  const source = printSource(from);
  return new PermafrostError(
    'lake-foreign',
    `the lake's table ${name} belongs to another database (${source})`,
    {
      cure: `archive this source into a lake folder of its own; or, if it is that database, upgraded, moved or renamed since, set PERMAFROST_FORMER_SOURCE=${source}`,
    },
  );
}

/** True where the lake's table was archived from this database. */
export function isOfSource(loaded: LoadedTable, identity: SourceIdentity): boolean {
  return isSameSource(sourceOf(loaded), identity);
}

/** The database that the lake's table was archived from. */
export function sourceOf({ metadata: { properties } }: LoadedTable): SourceIdentity {
  const systemIdentifier = properties[PROPERTY.sourceSystem];
  return {
    database: properties[PROPERTY.sourceDatabase] ?? 'unknown',
    ...(systemIdentifier === undefined ? {} : { systemIdentifier }),
  };
}

/** Every oid whose nights the lake's table holds. */
export function oidsOf({ metadata: { properties } }: LoadedTable): readonly number[] {
  return [...readFormerOids(properties), Number(properties[PROPERTY.sourceTableOid])];
}

function readFormerOids(properties: Readonly<Record<string, string>>): readonly number[] {
  return (properties[PROPERTY.formerTableOids] ?? '').split(',').filter(Boolean).map(Number);
}

function readTable(loaded: LoadedTable): KnownTable {
  const { metadata } = loaded;
  const { properties } = metadata;
  const schema = metadata.schemas.find(
    (candidate) => candidate['schema-id'] === metadata['current-schema-id'],
  );
  if (schema === undefined) throw new PermafrostError('integrity', `${loaded.name} has no current schema`);
  const bindings = parseBindings(properties[PROPERTY.columns] ?? '');
  requireBound(loaded.name, schema, bindings);
  return {
    source: {
      schema: properties[PROPERTY.sourceSchema] ?? '',
      name: properties[PROPERTY.sourceTable] ?? '',
    },
    schema,
    lastColumnId: metadata['last-column-id'],
    tableOid: Number(properties[PROPERTY.sourceTableOid]),
    formerOids: readFormerOids(properties),
    bindings,
    contractVersion: properties[PROPERTY.typeContract] ?? '',
  };
}

/** A field that another writer added or dropped would be lost, or given to another column, without a word. */
function requireBound(name: string, schema: Schema, bindings: readonly ColumnBinding[]): void {
  const bound = bindings.flatMap(({ fieldId, companionFieldId }) => [fieldId, companionFieldId ?? []].flat());
  const wanted = new Set([DT_FIELD.id, ...bound]);
  const found = schema.fields.map((field) => field.id);
  if (found.length === wanted.size && found.every((id) => wanted.has(id))) return;
  throw new PermafrostError(
    'lake-foreign',
    `the schema of the lake's table ${name} is not the one that its property ${PROPERTY.columns} speaks of`,
    { cure: "undo what another engine changed in the table's columns, then archive the night again" },
  );
}
