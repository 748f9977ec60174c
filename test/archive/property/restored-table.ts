import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { expect } from 'vitest';
import { toArrowSchema } from '../../../src/archive/arrow-schema.ts';
import { mapColumns } from '../../../src/archive/mapped-column.ts';
import { TYPE_CONTRACT_VERSION } from '../../../src/archive/type-contract.ts';
import type { ArchivedTable } from '../../../src/archive/night.ts';
import { currentSnapshot, pathOf } from '../../../src/archive/read-lake.ts';
import type { LoadedTable } from '../../../src/catalog/catalog.ts';
import type { Lake } from '../../../src/composition.ts';
import { readDataFile } from '../../../src/parquet/parquet-reader.ts';
import type { DecodedBatch } from '../../../src/postgres/copy/batch-builder.ts';
import { parseSourceUrl } from '../../../src/postgres/connection-settings.ts';
import { copyStatement, copyTable } from '../../../src/postgres/copy/copy-stream.ts';
import { describeTable } from '../../../src/postgres/describe-table.ts';
import { loadRows } from '../../../src/postgres/load/load-rows.ts';
import { quoteTable } from '../../../src/postgres/quote.ts';
import { openSession, type Session } from '../../../src/postgres/session.ts';
import { CONFIGURE_SESSION } from '../../../src/postgres/sql/configure-session.ts';
import type { WireColumn } from '../../../src/postgres/copy/wire-column.ts';
import { bindingsOf, fieldsOf, latestDataFile } from './lake-rows.ts';
import { expectSameRows, readTexts } from './postgres-texts.ts';
import type { SampleLake } from './sample-lake.ts';

/** Two sessions on the source of a sample lake: one looks at tables, the other loads them. */
export type Restorer = {
  readonly session: Session;
  readonly loader: Client;
  close(): Promise<void>;
};

type TableName = { readonly schema: string; readonly name: string };

export async function openRestorer({ url }: SampleLake): Promise<Restorer> {
  const session = await openSession(parseSourceUrl(url), { applicationName: 'round trip' });
  const loader = new Client(url);
  await loader.connect();
  await loader.query(`${CONFIGURE_SESSION}; SET default_transaction_read_only = off`);
  return {
    session,
    loader,
    async close() {
      await loader.end();
      await session.close();
    },
  };
}

/**
 * Loads what the latest night holds of a table into `<name>_back`, an empty table of the same definition. What comes of it must
 * be what Postgres prints for the table, and what Postgres sent when it was archived.
 */
export async function expectRestored(
  { lake, witness }: SampleLake,
  { session, loader }: Restorer,
  { schema, name, lakeTable, rows }: ArchivedTable,
): Promise<void> {
  const back = { schema, name: `${name}_back` };
  const loaded = (await lake.catalog.loadTable(lakeTable)) as LoadedTable;
  const hash = currentSnapshot(loaded.metadata)?.summary['permafrost.rows-hash'];
  const columns = await archivedColumns(session, loaded, back);

  await loader.query('BEGIN');
  try {
    const batches = readBatches(lake, loaded, columns);
    const restored = await loadRows(loader, back, columns, batches, {
      doing: 'restoring',
      intoNewTable: false,
    });
    expect(restored).toMatchObject({ rows, rowsHash: hash });
  } finally {
    // After a failure the server makes a ROLLBACK of it.
    await loader.query('COMMIT');
  }

  expectSameRows(await readTexts(witness, back.name, columns), await readTexts(witness, name, columns));
  expect(await hashOf(loader, back, columns)).toBe(hash);
}

/** The columns of the empty table, with the companions that the lake has for them. */
async function archivedColumns(
  session: Session,
  loaded: LoadedTable,
  back: TableName,
): Promise<WireColumn[]> {
  const { columns } = await describeTable(session, back);
  const companions = new Map(
    bindingsOf(loaded).map(({ name, companionFieldId }) => [name, companionFieldId]),
  );
  return mapColumns(columns, TYPE_CONTRACT_VERSION).map(({ name, expression, wire }) => ({
    name,
    expression,
    wire,
    nullable: true,
    companion: companions.get(name) !== undefined,
  }));
}

async function* readBatches(
  lake: Lake,
  loaded: LoadedTable,
  columns: readonly WireColumn[],
): AsyncGenerator<Pick<DecodedBatch, 'rows' | 'columns'>> {
  const bindings = new Map(bindingsOf(loaded).map((binding) => [binding.name, binding]));
  const ids = columns.flatMap(({ name }) => {
    const binding = bindings.get(name);
    return [binding?.fieldId, binding?.companionFieldId].filter((id) => id !== undefined);
  });
  const fields = ids
    .map((id) => fieldsOf(loaded).find((field) => field.id === id))
    .filter((field) => field !== undefined);
  const file = await latestDataFile(lake, loaded);
  const source = {
    bytes: Number(file.fileSizeInBytes),
    getRange: (start: number, end: number) => lake.store.getRange(pathOf(lake.store, file.path), start, end),
  };
  for await (const batch of readDataFile(source, toArrowSchema(fields), {
    batchBytes: 4096,
    doing: 'restoring',
  })) {
    yield { rows: batch.numRows, columns: batch.data.children };
  }
}

/** What an archive of the restored table would give as its hash. */
async function hashOf(loader: Client, table: TableName, columns: readonly WireColumn[]): Promise<string> {
  const hash = createHash('sha256');
  const select = `SELECT ${columns.map((column) => column.expression).join(', ')} FROM ONLY ${quoteTable(table)}`;
  const options = { batchBytes: 2 ** 20, doing: 'reading back', stallTimeoutMs: 20_000 };
  const batches = copyTable(loader, copyStatement(select), columns, {
    ...options,
    hash: (bytes) => hash.update(bytes),
  });
  while ((await batches.next()).done !== true);
  return hash.digest('hex');
}
