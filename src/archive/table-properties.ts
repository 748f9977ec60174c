import { PermafrostError } from '../errors.ts';
import type { LoadedTable } from '../catalog/catalog.ts';
import type { NestedField } from '../iceberg/schema.ts';
import type { TableDescription } from '../postgres/table-description.ts';
import { type ColumnBinding, parseBindings } from './column-binding.ts';
import type { KnownTable } from './lake-schema.ts';
import type { ExportedSnapshot } from './night.ts';

/** Table properties by which the product knows its own tables again. */
export const PROPERTY = {
  sourceSystem: 'permafrost.source-system-identifier',
  sourceDatabase: 'permafrost.source-database',
  sourceSchema: 'permafrost.source-schema',
  sourceTable: 'permafrost.source-table',
  sourceTableOid: 'permafrost.source-table-oid',
  columns: 'permafrost.columns',
  /** Version of the rules in type-contract.ts that the table was created with and keeps for its life. */
  typeContract: 'permafrost.type-contract',
} as const;

/** The database that a lake table belongs to; the system identifier is absent where the user may not ask for it. */
export type SourceIdentity = Pick<ExportedSnapshot, 'database' | 'systemIdentifier'>;

/** Snapshots are kept for ever and nothing but Permafrost may delete files. */
const FIXED: Readonly<Record<string, string>> = {
  'write.format.default': 'parquet',
  'write.parquet.compression-codec': 'zstd',
  'gc.enabled': 'false',
  'write.metadata.delete-after-commit.enabled': 'false',
  'write.metadata.previous-versions-max': '4000',
};

/** All properties of a table as it should be after tonight. */
export function describeProperties(
  identity: SourceIdentity,
  table: TableDescription,
  bindings: readonly ColumnBinding[],
  boundsOff: readonly NestedField[],
  contractVersion: string,
): Readonly<Record<string, string>> {
  return {
    ...FIXED,
    ...(identity.systemIdentifier === undefined
      ? {}
      : { [PROPERTY.sourceSystem]: identity.systemIdentifier }),
    [PROPERTY.sourceDatabase]: identity.database,
    [PROPERTY.sourceSchema]: table.schema,
    [PROPERTY.sourceTable]: table.name,
    [PROPERTY.sourceTableOid]: String(table.oid),
    [PROPERTY.columns]: JSON.stringify(bindings),
    [PROPERTY.typeContract]: contractVersion,
    ...Object.fromEntries(
      boundsOff.map((field) => [`write.metadata.metrics.column.${field.name}`, 'counts']),
    ),
  };
}

/** What the lake knows of a table that is there. Error: `lake-foreign` when it belongs to another database or table. */
export function readKnownTable(
  loaded: LoadedTable,
  identity: SourceIdentity,
  table: { readonly schema: string; readonly name: string },
): KnownTable {
  const { metadata } = loaded;
  const { properties } = metadata;
  const belongs =
    properties[PROPERTY.sourceDatabase] === identity.database &&
    isSameSystem(properties[PROPERTY.sourceSystem] ?? '', identity.systemIdentifier ?? '');
  if (!belongs) {
    throw new PermafrostError(
      'lake-foreign',
      `the lake's table ${loaded.name} belongs to another database (${properties[PROPERTY.sourceDatabase] ?? 'unknown'})`,
      { cure: 'archive this source into a lake folder of its own' },
    );
  }
  if (properties[PROPERTY.sourceSchema] !== table.schema || properties[PROPERTY.sourceTable] !== table.name) {
    throw new PermafrostError(
      'lake-foreign',
      `the lake's table ${loaded.name} holds ${properties[PROPERTY.sourceSchema]}.${properties[PROPERTY.sourceTable]}`,
      { cure: `give ${table.schema}.${table.name} a lakeTable of its own in the source set` },
    );
  }
  const schema = metadata.schemas.find(
    (candidate) => candidate['schema-id'] === metadata['current-schema-id'],
  );
  if (schema === undefined) throw new PermafrostError('integrity', `${loaded.name} has no current schema`);
  return {
    schema,
    lastColumnId: metadata['last-column-id'],
    tableOid: Number(properties[PROPERTY.sourceTableOid]),
    bindings: parseBindings(properties[PROPERTY.columns] ?? ''),
    contractVersion: properties[PROPERTY.typeContract] ?? '',
  };
}

/** What either side may not know cannot differ. */
function isSameSystem(known: string, now: string): boolean {
  return known === '' || now === '' || known === now;
}
