/**
 * What a user would pick instead, as far as Parquet: DuckDB reads each table and writes it to a file, without a commit.
 * DATABASE_URL, TABLES, OUT; BENCH_POSTGRES_EXTENSION is the file of DuckDB's Postgres extension where DuckDB cannot
 * fetch it itself. Without tables it only loads the extension.
 */
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const { DATABASE_URL = '', TABLES = '', OUT = '', BENCH_POSTGRES_EXTENSION: extension } = process.env;
const instance = await DuckDBInstance.create(':memory:', {
  threads: '2',
  allow_unsigned_extensions: String(extension !== undefined),
});
const connection = await instance.connect();
await connection.run(
  extension === undefined ? 'INSTALL postgres; LOAD postgres' : `LOAD '${extension.replaceAll("'", "''")}'`,
);
if (TABLES !== '') await copyTables(TABLES.split(','));
connection.closeSync();
instance.closeSync();

async function copyTables(tables: readonly string[]): Promise<void> {
  await connection.run("SET preserve_insertion_order = false; SET TimeZone = 'UTC'");
  await connection.run(`ATTACH '${DATABASE_URL}' AS source (TYPE postgres, READ_ONLY)`);
  await connection.run('BEGIN');
  for (const table of tables) {
    const file = join(OUT, `${table}.parquet`);
    await connection.run(
      `COPY (FROM source.${table}) TO '${file.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`,
    );
  }
}
