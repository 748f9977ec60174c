import { layOutTable } from '../src/cli/text-table.ts';
import { formatCount } from '../src/quantity.ts';
import { describeStages } from '../src/stage-words.ts';
import { DUCKDB, PERMAFROST, WIRE } from './contenders.ts';
import type { Figures } from './figures.ts';
import type { Shape } from './shapes.ts';

/** How all contenders fared on a shape. */
export type ShapeResult = { readonly shape: Shape; readonly figures: readonly Figures[] };

export const COLUMNS = [
  'contender',
  'seconds',
  'best',
  '× wire',
  '× DuckDB',
  'CPU s',
  'Postgres CPU s',
  'rows per CPU-s',
  'peak MB',
  'Parquet MB',
  'runs',
] as const;

/** One line for each contender, under COLUMNS. */
export function lineUp({ figures }: ShapeResult): readonly (readonly string[])[] {
  return figures.map((one) => [
    one.contender,
    one.seconds.toFixed(2),
    one.bestSeconds.toFixed(2),
    ratioTo(figures, WIRE, one),
    ratioTo(figures, DUCKDB, one),
    one.cpuSeconds.toFixed(2),
    one.postgresCpuSeconds?.toFixed(2) ?? '',
    formatCount(Math.round(one.rowsPerCpuSecond)),
    String(Math.round(one.peakBytes / 2 ** 20)),
    one.parquetBytes === 0 ? '' : (one.parquetBytes / 1e6).toFixed(1),
    `${one.counted} of ${one.runs}${one.disturbed ? ', disturbed' : ''}`,
  ]);
}

/** For people at a terminal. */
export function printResult(result: ShapeResult): string {
  const { name, rows, tables } = result.shape;
  const title = `${name}: ${formatCount(rows)} rows${tables.length === 1 ? '' : ` in ${tables.length} tables`}`;
  const table = layOutTable(
    COLUMNS.map((column) => ({ title: column, align: column === 'contender' ? 'left' : 'right' })),
    lineUp(result),
  );
  return [title, table, ...describeOurs(result), ''].join('\n');
}

/** What only we can tell of us: what a table costs where there are many, and where the time went. */
export function describeOurs({ shape, figures }: ShapeResult): readonly string[] {
  const ours = figures.find(({ contender }) => contender === PERMAFROST);
  if (ours === undefined) return [];
  const tables = shape.tables.length;
  const each = tables === 1 ? [] : [`${((ours.seconds * 1000) / tables).toFixed(1)} ms a table`];
  return [...each, ...(ours.stages === undefined ? [] : [describeStages(ours.stages)])];
}

function ratioTo(figures: readonly Figures[], other: string, one: Figures): string {
  const found = figures.find(({ contender }) => contender === other);
  return found === undefined ? '' : (one.seconds / found.seconds).toFixed(2);
}
