import { join } from 'node:path';
import { type Measured, measure, measureProgram } from './measure.ts';
import { type Shape, tableNames } from './shapes.ts';

/** A program that reads the tables of a shape; all but the wire leave Parquet files in the folder. */
export type Contender = {
  readonly name: string;
  run(url: string, shape: Shape, folder: string): Promise<Measured>;
};

export const WIRE = 'the wire';
export const DUCKDB = 'DuckDB';
export const PERMAFROST = 'Permafrost';

/** The limit of any single reader. */
export const wire: Contender = {
  name: WIRE,
  run: (url, shape) => measure([join(import.meta.dirname, 'drain.ts')], readFrom(url, shape)),
};

export const permafrost: Contender = {
  name: PERMAFROST,
  run: (url, { name }, folder) =>
    measure(
      [
        join(import.meta.dirname, '../bin/permafrost.js'),
        'archive',
        '--no-temporal',
        '--json',
        '--tables',
        `${name}.*`,
      ],
      { PERMAFROST_SOURCE: url, PERMAFROST_LAKE: join(folder, 'lake'), PERMAFROST_STATE_FOLDER: folder },
    ),
};

const duckdbProgram = join(import.meta.dirname, 'duckdb.ts');

/** Fails where DuckDB's Postgres extension can neither be fetched nor loaded from BENCH_POSTGRES_EXTENSION. */
export async function findDuckdb(): Promise<Contender> {
  const file = process.env.BENCH_POSTGRES_EXTENSION;
  const extension: Readonly<Record<string, string>> =
    file === undefined ? {} : { BENCH_POSTGRES_EXTENSION: file };
  await measure([duckdbProgram], extension);
  return {
    name: DUCKDB,
    run: (url, shape, folder) =>
      measure([duckdbProgram], { ...readFrom(url, shape), ...extension, OUT: folder }),
  };
}

/** DuckDB's Parquet made an Iceberg table by PyIceberg, under a Python that has both. */
export function peerUnder(python: string): Contender {
  return {
    name: 'DuckDB + PyIceberg',
    run: (url, shape, folder) =>
      measureProgram(python, [join(import.meta.dirname, 'peers/duckdb_pyiceberg.py')], {
        ...readFrom(url, shape),
        OUT: folder,
        ...(process.env.BENCH_POSTGRES_EXTENSION === undefined
          ? {}
          : { BENCH_POSTGRES_EXTENSION: process.env.BENCH_POSTGRES_EXTENSION }),
      }),
  };
}

function readFrom(url: string, shape: Shape): Readonly<Record<string, string>> {
  return { DATABASE_URL: url, TABLES: tableNames(shape).join(',') };
}
