import { rm, mkdtemp, writeFile as writeFileTo } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { DataType, Precision } from 'apache-arrow';
import { parquetMetadata } from 'hyparquet';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readStruct, writeStruct } from '../../../src/parquet/compact-thrift.ts';
import { FILE_METADATA } from '../../../src/parquet/footer-fields.ts';
import { footerIn } from '../../../src/parquet/footer-parts.ts';
import type { ColumnSummary } from '../../../src/parquet/parquet-footer.ts';
import { readDataFile } from '../../../src/parquet/parquet-reader.ts';
import { checkProperty } from '../../archive/property/property-run.ts';
import { cellsOf } from '../../postgres/copy/copy-cells.ts';
import type { Cell } from '../arrow-column.ts';
import { footerOf, readRows, writeFile } from '../parquet-file.ts';
import { batchesOf, type RandomColumn, type RandomTable, randomTables, schemaOf } from './random-table.ts';

let folder: string;
let duckdb: DuckDBConnection;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pages-'));
  // Its cache may take a file that is soon written anew, under the same name, for the one before.
  duckdb = await (await DuckDBInstance.create(':memory:', { enable_external_file_cache: 'false' })).connect();
});

afterAll(async () => {
  duckdb.closeSync();
  await rm(folder, { recursive: true });
});

/** The shortest bound of a value that is longer than this is another value. */
const LONGEST_BOUND = 64;
/** Bytes of a value from which on its row may be made outside of the encoder. */
const LONG_ROW = 64 * 1024;

test('pages made here and by WebAssembly say the same to every reader, and bounds hold', async () => {
  const runs = await checkProperty(12, randomTables, async (table) => {
    // Batches of its own for each: a long value goes to the sink as it stands, which is then written over.
    const own = await writeFile(schemaOf(table), batchesOf(table), { ...table, encoder: 'pages' });
    const reference = await writeFile(schemaOf(table), batchesOf(table), { ...table, encoder: 'wasm' });
    expect(await readBack(own, table)).toEqual(table.columns.map(printedCells));
    expect(await readRows(own)).toEqual(await readRows(reference));
    await expectEqualInDuckDB(own, reference);
    expectEqualSchemas(own, reference);
    await expectBoundsToHold(own, table);
  });
  expect(runs).toBeGreaterThan(5);
}, 120_000);

/** By the decoder of the way back, column by column. */
async function readBack(file: Uint8Array, table: RandomTable): Promise<unknown[][]> {
  const source = { bytes: file.length, getRange: async (from: number, to: number) => file.slice(from, to) };
  const columns: unknown[][] = table.columns.map(() => []);
  const options = { batchBytes: 2 ** 20, doing: 'reading' };
  for await (const { data } of readDataFile(source, schemaOf(table), options))
    data.children.forEach((child, index) => columns[index]!.push(...cellsOf(child)));
  return columns;
}

/** As `cellsOf` prints them: bytes and the bits of floats in hexadecimal. */
function printedCells({ type, cells }: Pick<RandomColumn, 'type' | 'cells'>): unknown[] {
  return cells.map((cell) => {
    if (cell !== null && DataType.isList(type))
      return printedCells({ type: type.valueType, cells: cell as readonly Cell[] });
    if (cell instanceof Uint8Array) return Buffer.from(cell).toString('hex');
    if (cell === null || !DataType.isFloat(type)) return cell;
    const bits = Buffer.alloc(type.precision === Precision.SINGLE ? 4 : 8);
    if (bits.length === 4) bits.writeFloatBE(Number(cell));
    else bits.writeDoubleBE(Number(cell));
    return bits.toString('hex');
  });
}

const select = (path: string) => `SELECT * FROM read_parquet('${path}', file_row_number = true)`;

async function expectEqualInDuckDB(own: Uint8Array, reference: Uint8Array): Promise<void> {
  const [ownPath, referencePath] = [join(folder, 'own.parquet'), join(folder, 'reference.parquet')];
  await writeFileTo(ownPath, own);
  await writeFileTo(referencePath, reference);
  const difference = await duckdb.runAndReadAll(
    `SELECT count(*) FROM (
       (${select(ownPath)} EXCEPT ALL ${select(referencePath)}) UNION ALL
       (${select(referencePath)} EXCEPT ALL ${select(ownPath)}))`,
  );
  expect(difference.getRows()).toEqual([[0n]]);
}

function expectEqualSchemas(own: Uint8Array, reference: Uint8Array): void {
  const [mine, theirs] = [own, reference].map((file) =>
    parquetMetadata(file.slice().buffer, { geoparquet: false }),
  );
  expect(mine?.schema).toEqual(theirs?.schema);
  expect(schemaIn(own)).toEqual(schemaIn(reference));
  expect(mine?.num_rows).toEqual(theirs?.num_rows);
  expect(mine?.version).toEqual(theirs?.version);
}

/** As it stands, with what a reader does not ask for. */
function schemaIn(file: Uint8Array) {
  return writeStruct(new Map([[1, readStruct(footerIn(file)).struct.get(FILE_METADATA.schema)!]]));
}

async function expectBoundsToHold(file: Uint8Array, table: RandomTable): Promise<void> {
  const footer = await footerOf(file);
  expect(footer.rows).toBe(table.rows);
  const wrong = table.columns.flatMap((column, index) => {
    const found = footer.columns[index]!;
    const isTold = !table.withoutStatistics.includes(column.name) && !found.repeated;
    const isRight = isTold ? isRightOf(column, found) : found.min === undefined && found.max === undefined;
    return isRight ? [] : [{ ...column, found }];
  });
  expect(wrong).toEqual([]);
}

function isRightOf({ cells }: RandomColumn, { min, max, nullCount }: ColumnSummary): boolean {
  if (nullCount !== cells.filter((cell) => cell === null).length) return false;
  const sorted = cells.filter((cell) => cell !== null && !Number.isNaN(cell)).toSorted(compare);
  const [smallest, largest] = [sorted[0], sorted.at(-1)];
  if (smallest === undefined || largest === undefined) return min === undefined && max === undefined;
  // A row group of nothing but NaN has no bounds, nor has a long row of what no bound is above; nor has the column then.
  if (min === undefined || max === undefined)
    return cells.some((cell) => Number.isNaN(cell) || lengthOf(cell) >= LONG_ROW);
  const [below, above] = [compare(min, smallest), compare(max, largest)];
  return below <= 0 && above >= 0 && isTight(below, smallest) && isTight(above, largest);
}

function isTight(distance: number, cell: Cell): boolean {
  return distance === 0 || lengthOf(cell) > LONGEST_BOUND;
}

function lengthOf(cell: Cell): number {
  return typeof cell === 'string' || cell instanceof Uint8Array ? Buffer.from(cell).length : 0;
}

/** As Iceberg orders them: texts by their UTF-8 bytes. */
function compare(a: Cell, b: Cell): number {
  if (typeof a === 'string' || a instanceof Uint8Array)
    return Buffer.compare(Buffer.from(a), Buffer.from(b as string | Uint8Array));
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}
