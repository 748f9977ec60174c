import { v7 as uuidV7 } from 'uuid';
import type { Catalog } from '../catalog/catalog.ts';
import type { Clock } from '../clock.ts';
import { PermafrostError } from '../errors.ts';
import type { NestedField } from '../iceberg/schema.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import type { SchemaDump } from '../postgres/schema/schema-dump.ts';
import type { TableDescription } from '../postgres/table-description.ts';
import type { WireColumn } from '../postgres/copy/wire-column.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { StoreLocation } from '../storage/open-store.ts';
import { type ArchivedDdl, encodeDdl } from './archived-ddl.ts';
import type { ArchiveTableInput, ArchiveTableOptions } from './archiver.ts';
import { fieldsWithoutBounds, requireNamed } from './bounds-off.ts';
import type { ColumnBinding } from './column-binding.ts';
import { commitNight, type NightCommit } from './commit-night.ts';
import { type ExportedTable, exportChunks } from './export-chunks.ts';
import type { ExportPool } from './export-pool.ts';
import type { DefinitionReader } from './definition-reader.ts';
import { describeDataFile } from './describe-data-file.ts';
import { addCounts, findBrokenNotNull } from './broken-not-null.ts';
import { DT_FIELD, type KnownTable, type LakeSchema, planLakeSchema } from './lake-schema.ts';
import { mapColumns, type MappedColumn } from './mapped-column.ts';
import { type ArchivedTable, type SpecialValues, tableLabel } from './night.ts';
import { findMark, refuseToFalsify, resultOf } from './night-mark.ts';
import { toEpochDays } from './night-date.ts';
import { planChunks } from './plan-chunks.ts';
import { addSeconds } from './stage-seconds.ts';
import { Stopwatch } from './stopwatch.ts';
import { describeTableChange } from './table-change.ts';
import { describeProperties, readKnownTable } from './table-properties.ts';
import type { TableWhereabouts } from './table-whereabouts.ts';
import { TYPE_CONTRACT_VERSION } from './type-contract.ts';

export type ArchiveTableDeps = {
  readonly catalog: Catalog;
  readonly store: ObjectStore;
  readonly storeLocation: StoreLocation;
  readonly connection: ConnectionSettings;
  readonly pool: ExportPool;
  readonly clock: Clock;
  readonly definitions: DefinitionReader;
  readonly whereabouts: TableWhereabouts;
  /** What the same database was before it was upgraded, moved or renamed. */
  readonly formerSource: string | undefined;
};

/**
 * One table of a night: describe, match fields, stream, verify what was written, commit. A repeated attempt finds the
 * mark of an earlier one and changes nothing; a failed one leaves at the most files that nothing refers to.
 */
export async function archiveTable(
  input: ArchiveTableInput,
  options: ArchiveTableOptions,
  deps: ArchiveTableDeps,
): Promise<ArchivedTable> {
  const startedAt = deps.clock.now().getTime();
  const seconds = () => (deps.clock.now().getTime() - startedAt) / 1000;
  const report = (stage: 'describing' | 'verifying' | 'committing', exported?: ExportedTable) =>
    options.onProgress({ stage, rows: exported?.rows ?? 0, bytes: exported?.bytes ?? 0 });

  report('describing');
  const loaded = await deps.catalog.loadTable(input.table.lakeTable);
  const earlier = findMark(loaded, input);
  if (loaded !== undefined && earlier !== undefined) {
    return resultOf(earlier, loaded, input, { seconds: seconds(), alreadyCommitted: true });
  }
  refuseToFalsify(loaded, input);
  const { table, schema: dump } = await deps.definitions.read(input.snapshot, input.table, options.signal);
  const known =
    loaded === undefined ? undefined : readKnownTable(loaded, input.snapshot, table, deps.formerSource);
  const contractVersion = known?.contractVersion ?? TYPE_CONTRACT_VERSION;
  const columns = mapColumns(table.columns, contractVersion);
  requireNamed(input.table.boundsOff, table.oid, columns, known);
  const tableChanges = await findTableChanges(input, deps, table, known);
  const { exported, schema } = await exportWithCompanions(input, options, deps, { known, table, columns });

  report('verifying', exported);
  const clock = { verify: new Stopwatch(), commit: new Stopwatch() };
  const expected = {
    fields: fileFields(schema),
    days: toEpochDays(input.night),
    boundsOff: new Set(fieldsWithoutBounds(schema, input.table.boundsOff).map((field) => field.id)),
  };
  const dataFiles = await clock.verify.time(() =>
    Promise.all(exported.files.map((file) => describeDataFile(deps.store, file, expected))),
  );

  report('committing', exported);
  options.signal.throwIfAborted();
  const night: NightCommit = {
    loaded,
    schema: schema.schema,
    properties: describeProperties(
      input.snapshot,
      table,
      schema.bindings,
      fieldsWithoutBounds(schema, input.table.boundsOff),
      known,
      contractVersion,
    ),
    dataFiles,
    ddl: encodeDdl(archivedDdl(dump, columns, schema)),
    content: {
      rowsHash: exported.rowsHash,
      schemaChanges: [...tableChanges, ...schema.changes],
      specialCells: nameCompanions(exported, schema),
      sequences: dump.sequenceValues,
      unreadSequences: dump.unreadSequences.map(tableLabel),
      warnings: findBrokenNotNull(table.columns, schema.bindings, addCounts(dataFiles)),
    },
  };
  const committed = await clock.commit.time(() => commitNight(input, deps, night));
  return resultOf(committed.snapshot, committed.table, input, {
    seconds: seconds(),
    alreadyCommitted: committed.alreadyCommitted,
    stages: addSeconds([
      ...exported.files.map((file) => file.stages),
      { verifySeconds: clock.verify.seconds, commitSeconds: clock.commit.seconds },
    ]),
  });
}

/** A table that the lake does not know, or knew by another oid, may have nights under another name. */
async function findTableChanges(
  input: ArchiveTableInput,
  deps: ArchiveTableDeps,
  table: TableDescription,
  known: KnownTable | undefined,
): Promise<readonly string[]> {
  if (known?.tableOid === table.oid) return describeTableChange(table, known, []);
  return describeTableChange(table, known, await deps.whereabouts.findElsewhere(input, table.oid));
}

/** How the table is made, and where the data file holds its columns. */
function archivedDdl(dump: SchemaDump, columns: readonly MappedColumn[], schema: LakeSchema): ArchivedDdl {
  const { database, tables } = dump;
  const [table] = tables;
  if (table === undefined) throw new PermafrostError('unexpected', 'the schema of a table has no table');
  return {
    database,
    table,
    columns: columns.flatMap(({ attnum, name, wire, baseType, generated }) => {
      const binding = liveBinding(schema, attnum);
      if (binding === undefined) return [];
      const { fieldId, companionFieldId } = binding;
      return [
        {
          name,
          wire,
          baseType,
          generated,
          fieldId,
          ...(companionFieldId === undefined ? {} : { companionFieldId }),
        },
      ];
    }),
  };
}

type Planned = {
  readonly known: KnownTable | undefined;
  readonly table: TableDescription;
  readonly columns: readonly MappedColumn[];
};

/**
 * Streams the table, large ones in several chunks at the same time. A column that turns out to hold values beyond its
 * type gets a companion, and the stream starts again: that happens once in the life of a column, since the companion
 * stays in the schema.
 */
async function exportWithCompanions(
  input: ArchiveTableInput,
  options: ArchiveTableOptions,
  deps: ArchiveTableDeps,
  planned: Planned,
): Promise<{ exported: ExportedTable; schema: LakeSchema }> {
  const companions = new Set<number>();
  const chunks = planChunks(planned.table, deps.pool.size);
  for (;;) {
    const schema = planLakeSchema(planned.table.oid, planned.columns, companions, planned.known);
    const request = {
      connection: deps.connection,
      snapshot: { snapshotId: input.snapshot.snapshotId, fingerprint: input.snapshot.fingerprint },
      store: deps.storeLocation,
      table: planned.table,
      columns: wireColumns(planned.columns, schema),
      fields: fileFields(schema),
      withoutStatistics: fieldsWithoutBounds(schema, input.table.boundsOff).map((field) => field.name),
      days: toEpochDays(input.night),
    };
    const requests = chunks.map((chunk) => ({
      ...request,
      chunk,
      path: `iceberg/${input.table.lakeTable}/data/dt=${input.night}/part-${uuidV7()}.parquet`,
    }));
    const outcome = await exportChunks(requests, deps.pool, {
      signal: options.signal,
      onProgress: (rows, bytes) => options.onProgress({ stage: 'exporting', rows, bytes }),
    });
    if (outcome.kind === 'exported') return { exported: outcome, schema };
    const found = planned.columns.filter((column) => outcome.columns.includes(column.name));
    if (input.table.specialValues === 'fail') throw refuseSpecialValues(found);
    for (const column of found) companions.add(column.attnum);
  }
}

function refuseSpecialValues(columns: readonly MappedColumn[]): PermafrostError {
  return new PermafrostError(
    'value-unrepresentable',
    `columns hold values that their Iceberg type cannot: ${columns.map((column) => column.name).join(', ')}`,
    { cure: "set specialValues to 'companion' for this table, or correct the values in the source" },
  );
}

function wireColumns(columns: readonly MappedColumn[], schema: LakeSchema): readonly WireColumn[] {
  return columns.map((column) => {
    return {
      name: column.name,
      expression: column.expression,
      wire: column.wire,
      nullable: true,
      companion: liveBinding(schema, column.attnum)?.companionFieldId !== undefined,
    };
  });
}

function nameCompanions({ specialCells }: ExportedTable, schema: LakeSchema): readonly SpecialValues[] {
  return specialCells.map(({ column, cells }) => {
    const binding = schema.bindings.find((candidate) => !candidate.retired && candidate.name === column);
    const companion = schema.schema.fields.find((field) => field.id === binding?.companionFieldId);
    return { column, cells, companion: companion?.name ?? `${column}__raw` };
  });
}

function liveBinding(schema: LakeSchema, attnum: number): ColumnBinding | undefined {
  return schema.bindings.find((binding) => !binding.retired && binding.attnum === attnum);
}

/** What the data file holds: `dt` and the live columns with their companions, in the order of the stream. */
function fileFields(schema: LakeSchema): readonly NestedField[] {
  const byId = new Map(schema.schema.fields.map((field) => [field.id, field]));
  const ids = schema.bindings
    .filter((binding) => !binding.retired)
    .flatMap((binding) =>
      binding.companionFieldId === undefined
        ? [binding.fieldId]
        : [binding.fieldId, binding.companionFieldId],
    );
  return [DT_FIELD, ...ids.flatMap((id) => byId.get(id) ?? [])];
}
