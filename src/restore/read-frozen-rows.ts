import type { Data } from 'apache-arrow';
import { toArrowSchema } from '../archive/arrow-schema.ts';
import { pathOf } from '../archive/read-lake.ts';
import { PermafrostError } from '../errors.ts';
import type { NestedField } from '../iceberg/schema.ts';
import { readDataFile } from '../parquet/parquet-reader.ts';
import { createCopyEncoder } from '../postgres/copy/copy-encoder.ts';
import { TupleHash } from '../postgres/copy/tuple-hash.ts';
import type { WireColumn } from '../postgres/copy/wire-column.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { FrozenTable } from './frozen-table.ts';

/** Rows as they were decoded: one Arrow column for each archived column, with its companion behind it. */
export type FrozenBatch = { readonly rows: number; readonly columns: readonly Data[] };

/** Batches of this size keep the encoder busy in little memory. */
const BATCH_BYTES = 4 * 2 ** 20;
/** Oid of varchar, which comes over the wire as text does. */
const VARCHAR = 1043;

/**
 * Reads the rows of a table as the night left them, in the order in which the source sent them.
 * Errors: those of readDataFile; `integrity` where the files hold other rows than the night counted.
 */
export async function* readFrozenRows(
  store: ObjectStore,
  table: FrozenTable,
  options: { readonly doing: string; readonly signal?: AbortSignal },
): AsyncGenerator<FrozenBatch> {
  const schema = toArrowSchema(storedFields(table));
  let rows = 0;
  for (const file of table.files) {
    const path = pathOf(store, file.path);
    const source = {
      bytes: Number(file.fileSizeInBytes),
      getRange: (start: number, end: number) => store.getRange(path, start, end),
    };
    for await (const batch of readDataFile(source, schema, { batchBytes: BATCH_BYTES, ...options })) {
      rows += batch.numRows;
      yield { rows: batch.numRows, columns: batch.data.children };
    }
  }
  if (rows === table.rows) return;
  throw notAsArchived(options.doing, `the lake holds ${rows} rows, not the ${table.rows}`);
}

/**
 * As readFrozenRows; in the end the rows must have been those that the source sent.
 * Error: `integrity` where they are not.
 */
export async function* readProvenRows(
  store: ObjectStore,
  table: FrozenTable,
  options: { readonly doing: string; readonly signal?: AbortSignal },
): AsyncGenerator<FrozenBatch> {
  const hash = new TupleHash(partsOf(table));
  const columns = wireColumnsOf(table).map((column, index) => ({
    ...column,
    elementOid: table.ddl.columns[index]?.baseType === '_varchar' ? VARCHAR : undefined,
  }));
  const encoder = createCopyEncoder(columns);
  for await (const batch of readFrozenRows(store, table, options)) {
    for (const piece of encoder.encode(batch)) {
      hash.update(piece);
      encoder.reuse(piece);
    }
    yield batch;
  }
  if (hash.digest() !== table.rowsHash) throw notAsArchived(options.doing, 'the rows are not those');
}

/** Rows of each data file: TupleHash counts them. */
export function partsOf({ files }: FrozenTable): readonly number[] {
  return files.map(({ recordCount }) => Number(recordCount));
}

/** Says of rows that they are not those of the night. */
export function notAsArchived(doing: string, what: string): PermafrostError {
  return new PermafrostError('integrity', `${doing}: ${what} that were archived`, {
    cure: 'restore from another copy of the lake, or restore another night',
  });
}

/** The archived columns as they came over the wire; what a SELECT would ask for is not known here. */
export function wireColumnsOf({ ddl }: FrozenTable): readonly WireColumn[] {
  return ddl.columns.map(({ name, wire, companionFieldId }) => ({
    name,
    wire,
    expression: '',
    nullable: true,
    companion: companionFieldId !== undefined,
  }));
}

function storedFields({ ddl, fields, lakeTable }: FrozenTable): readonly NestedField[] {
  const byId = new Map(fields.map((field) => [field.id, field]));
  const ids = ddl.columns.flatMap(({ fieldId, companionFieldId }) =>
    companionFieldId === undefined ? [fieldId] : [fieldId, companionFieldId],
  );
  return ids.map((id) => {
    const field = byId.get(id);
    if (field !== undefined) return field;
    throw new PermafrostError('integrity', `${lakeTable} has no field ${id}, which its DDL names`);
  });
}
