import { type FileMetaData, parquetMetadata, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { parseBindings } from '../../../src/archive/column-binding.ts';
import { planQuery, type TableScan } from '../../../src/archive/plan-query.ts';
import { currentSnapshot, pathOf } from '../../../src/archive/read-lake.ts';
import type { LoadedTable } from '../../../src/catalog/catalog.ts';
import type { Lake } from '../../../src/composition.ts';
import type { DataFile } from '../../../src/iceberg/data-file.ts';
import { readListedManifest } from '../../../src/iceberg/manifest.ts';
import { readManifestList } from '../../../src/iceberg/manifest-list.ts';
import type { NestedField, Type } from '../../../src/iceberg/schema.ts';
import { queryLake } from '../../../src/query/duckdb-query.ts';
import type { ColumnBinding } from '../../../src/archive/column-binding.ts';

/** A value as Parquet stores it: no logical type is applied, so that nothing is rounded or shifted on the way. */
export type Stored = boolean | number | bigint | Uint8Array | null | readonly Stored[];

export type StoredFile = {
  readonly rows: number;
  /** By Iceberg field id of the column. */
  readonly columns: ReadonlyMap<number, readonly Stored[]>;
};

export function bindingsOf(table: LoadedTable): readonly ColumnBinding[] {
  return parseBindings(table.metadata.properties['permafrost.columns'] ?? '');
}

/** Fields of the table's current schema. */
export function fieldsOf({ metadata }: LoadedTable): readonly NestedField[] {
  const schema = metadata.schemas.find(
    (candidate) => candidate['schema-id'] === metadata['current-schema-id'],
  );
  return schema?.fields ?? [];
}

/** Live data files of the current snapshot. */
export async function listDataFiles({ store }: Lake, table: LoadedTable): Promise<readonly DataFile[]> {
  const snapshot = currentSnapshot(table.metadata);
  if (snapshot === undefined) return [];
  const manifests = readManifestList(await store.get(pathOf(store, snapshot['manifest-list'])));
  const entries = await Promise.all(
    manifests.map(async (row) => readListedManifest(await store.get(pathOf(store, row.path)), row).entries),
  );
  return entries.flat().flatMap((entry) => (entry.status === 'deleted' ? [] : [entry.dataFile]));
}

/** Days since 1970 of the night that a file belongs to. */
function dtOf({ partition }: DataFile): number {
  return Number([...partition.values()][0]);
}

/** The data file of the latest night: the only one of its partition. */
export async function latestDataFile(lake: Lake, table: LoadedTable): Promise<DataFile> {
  const files = await listDataFiles(lake, table);
  const latest = Math.max(...files.map(dtOf));
  const [file, ...more] = files.filter((candidate) => dtOf(candidate) === latest);
  if (file === undefined || more.length > 0) throw new Error(`${table.name} does not have one file a night`);
  return file;
}

/** Reads a data file with hyparquet, which shares no code with its writer. */
export async function readStored({ store }: Lake, file: DataFile): Promise<StoredFile> {
  const bytes = await store.get(pathOf(store, file.path));
  const buffer = new Uint8Array(bytes).buffer;
  const metadata = parquetMetadata(buffer, { geoparquet: false });
  const tops = topElements(metadata.schema);
  const ids = tops.map((element) => element.field_id ?? 0);
  renameColumns(metadata, tops);
  for (const element of metadata.schema) stripLogicalType(element);
  const rows = await parquetReadObjects({ file: buffer, metadata, compressors, utf8: false });
  return {
    rows: Number(metadata.num_rows),
    columns: new Map(ids.map((id, index) => [id, rows.map((row) => (row[`c${index}`] ?? null) as Stored)])),
  };
}

function topElements(schema: readonly SchemaElement[]): readonly SchemaElement[] {
  const tops: SchemaElement[] = [];
  for (let index = 1; index < schema.length; index = skip(schema, index))
    tops.push(schema[index] as SchemaElement);
  return tops;
}

/** The place after an element and all that is nested in it. */
function skip(schema: readonly SchemaElement[], index: number): number {
  let next = index + 1;
  for (let child = schema[index]?.num_children ?? 0; child > 0; child -= 1) next = skip(schema, next);
  return next;
}

/** Names of ours, because rows are JavaScript objects: a column may be called __proto__. */
function renameColumns({ row_groups: groups }: FileMetaData, tops: readonly SchemaElement[]): void {
  const names = new Map(tops.map((element, index) => [element.name, `c${index}`]));
  for (const element of tops) element.name = names.get(element.name) as string;
  for (const { meta_data: column } of groups.flatMap((group) => group.columns)) {
    if (column !== undefined)
      column.path_in_schema[0] = names.get(column.path_in_schema[0] as string) as string;
  }
}

/** Of leaves only: a group is known as a list by it. */
function stripLogicalType(element: SchemaElement): void {
  if (element.type === undefined) return;
  delete element.converted_type;
  delete element.logical_type;
}

/** A stored value as the text from which Postgres makes the value again. */
export function textOfStored(type: Type, stored: Stored): string | null {
  if (stored === null) return null;
  if (typeof type === 'object' && type.type === 'list') {
    const items = (stored as readonly Stored[]).map((item) => textOfStored(type.element, item ?? null));
    return JSON.stringify(items);
  }
  if (type === 'string') return utf8.decode(stored as Uint8Array);
  if (type === 'binary') return Buffer.from(stored as Uint8Array).toString('hex');
  const scale = /^decimal\(\d+, (\d+)\)$/.exec(typeof type === 'string' ? type : '')?.[1];
  if (scale !== undefined) return decimalText(unscaledOf(stored), Number(scale));
  return Object.is(stored, -0) ? '-0' : String(stored);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decimals are integers, or big-endian two's complement bytes. */
export function unscaledOf(stored: Stored): bigint {
  if (!(stored instanceof Uint8Array)) return BigInt(stored as number | bigint);
  return BigInt.asIntN(stored.length * 8, BigInt(`0x${Buffer.from(stored).toString('hex')}`));
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const sign = unscaled < 0n ? '-' : '';
  return scale === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-scale)}`;
}

/** Reads a table through the product's own query; cells are the texts that `textOfStored` gives. */
export async function queryTexts(
  lake: Lake,
  name: string,
  options: { readonly asOf?: string; readonly where?: string },
  chooseFields: (fields: readonly NestedField[]) => readonly NestedField[],
): Promise<readonly (readonly (string | null)[])[]> {
  const scans = await planQuery(lake.catalog, lake.store, options.asOf);
  const scan = scans.find((candidate) => candidate.name === name) as TableScan;
  const fields = chooseFields(scan.fields);
  const columns = ['1', ...fields.map(duckdbText)].join(', ');
  const { rows } = await queryLake(
    `SELECT ${columns} FROM ${quoteName(name)} WHERE ${options.where ?? 'true'}`,
    [scan],
  );
  return rows.map((row) => fields.map(({ type }, index) => readCell(type, row[index + 1])));
}

/** Texts come as hex: DuckDB's client drops a byte order mark. */
function readCell(type: Type, cell: unknown): string | null {
  if (typeof cell !== 'string') return null;
  return type === 'string' ? Buffer.from(cell, 'hex').toString() : cell;
}

function duckdbText({ name, type }: NestedField): string {
  const column = quoteName(name);
  if (typeof type === 'object') return `CASE WHEN ${column} IS NOT NULL THEN to_json(${column})::VARCHAR END`;
  switch (type) {
    case 'string':
      return `hex(encode(${column}))`;
    case 'binary':
      return `hex(${column})`;
    case 'date':
      return `(${column} - DATE '1970-01-01')::VARCHAR`;
    case 'timestamp':
    case 'timestamptz':
      return `epoch_us(${column})::VARCHAR`;
    default:
      return `${column}::VARCHAR`;
  }
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
