import { PermafrostError } from '../errors.ts';
import { lowerBound, upperBound } from '../iceberg/bounds.ts';
import type { DataFile } from '../iceberg/data-file.ts';
import type { NestedField, PrimitiveType } from '../iceberg/schema.ts';
import { type ColumnSummary, type FooterSummary, readFooter } from '../parquet/parquet-footer.ts';
import { type ObjectStore, objectUri } from '../storage/object-store.ts';
import { isHeldAs } from './column-check.ts';
import type { ExportedFile } from './export-request.ts';
import { nightPartition } from './partitioning.ts';

export type ExpectedFile = {
  readonly fields: readonly NestedField[];
  /** The value of `dt` in every row: days since 1970-01-01. */
  readonly days: number;
  /** Columns, by Postgres name, whose values may not stand in manifests. */
  readonly boundsOff: ReadonlySet<number>;
};

/**
 * Reads back what was written, checks it against what was read from Postgres, and describes it for a manifest. Error:
 * `integrity` when size, row count, field ids, types or `dt` are not what they must be; nothing refers to the file yet.
 */
export async function describeDataFile(
  store: ObjectStore,
  file: Pick<ExportedFile, 'object' | 'rows'>,
  expected: ExpectedFile,
): Promise<DataFile> {
  const { path, bytes } = file.object;
  const stored = await store.head(path);
  if (stored?.bytes !== bytes) {
    throw damaged(path, `it has ${stored?.bytes ?? 'no'} bytes, ${bytes} were written`);
  }
  const footer = await readFooter({ bytes, getRange: (start, end) => store.getRange(path, start, end) });
  const leaves = checkFooter(path, footer, file.rows, expected);
  return {
    path: objectUri(store, path),
    partition: nightPartition(expected.days),
    recordCount: BigInt(footer.rows),
    fileSizeInBytes: BigInt(bytes),
    splitOffsets: footer.rowGroups.map((group) => BigInt(group.offset)),
    ...columnMetrics(leaves, expected.boundsOff),
  };
}

type Leaf = { readonly column: ColumnSummary; readonly field: Leafield };
type Leafield = { readonly id: number; readonly type: PrimitiveType; readonly inList: boolean };

function checkFooter(
  path: string,
  footer: FooterSummary,
  rows: number,
  expected: ExpectedFile,
): readonly Leaf[] {
  if (footer.rows !== rows) throw damaged(path, `it has ${footer.rows} rows, ${rows} were read`);
  const fields = expected.fields.map(leafOf);
  if (footer.columns.length !== fields.length) {
    throw damaged(path, `it has ${footer.columns.length} columns, ${fields.length} were written`);
  }
  const leaves = fields.map((field, index) => {
    const column = footer.columns[index];
    if (column?.fieldId !== field.id || column.repeated !== field.inList || !isHeldAs(field.type, column)) {
      throw damaged(path, `field ${field.id} is not stored as ${field.type}`);
    }
    return { column, field };
  });
  const dt = footer.columns[0];
  if (rows > 0 && (dt?.min !== expected.days || dt.max !== expected.days || dt.nullCount !== 0)) {
    throw damaged(path, 'dt is not the same in every row');
  }
  return leaves;
}

function leafOf(field: NestedField): Leafield {
  const { type } = field;
  if (typeof type === 'string') return { id: field.id, type, inList: false };
  if (type.type === 'list' && typeof type.element === 'string') {
    return { id: type['element-id'], type: type.element, inList: true };
  }
  throw new PermafrostError('unexpected', `field ${field.id} is neither a value nor a list of values`);
}

/** Lists have sizes only, as Iceberg's own writers keep it. */
function columnMetrics(leaves: readonly Leaf[], boundsOff: ReadonlySet<number>) {
  const columnSizes = new Map<number, bigint>();
  const valueCounts = new Map<number, bigint>();
  const nullValueCounts = new Map<number, bigint>();
  const lowerBounds = new Map<number, Uint8Array>();
  const upperBounds = new Map<number, Uint8Array>();
  for (const { column, field } of leaves) {
    columnSizes.set(field.id, BigInt(column.compressedBytes));
    if (field.inList) continue;
    valueCounts.set(field.id, BigInt(column.valueCount));
    if (column.nullCount !== undefined) nullValueCounts.set(field.id, BigInt(column.nullCount));
    if (boundsOff.has(field.id)) continue;
    const lower = column.min === undefined ? undefined : lowerBound(field.type, column.min);
    const upper = column.max === undefined ? undefined : upperBound(field.type, column.max);
    if (lower === undefined || upper === undefined) continue;
    lowerBounds.set(field.id, lower);
    upperBounds.set(field.id, upper);
  }
  return {
    columnSizes,
    valueCounts,
    nullValueCounts,
    nanValueCounts: new Map<number, bigint>(),
    lowerBounds,
    upperBounds,
  };
}

function damaged(path: string, what: string): PermafrostError {
  return new PermafrostError('integrity', `the data file ${path} is not what was written: ${what}`, {
    cure: 'check the disk or bucket of the lake; the table is archived again with the next attempt',
  });
}
