import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toArrowSchema } from '../../../src/archive/arrow-schema.ts';
import { mapColumns } from '../../../src/archive/mapped-column.ts';
import { TYPE_CONTRACT_VERSION } from '../../../src/archive/type-contract.ts';
import type { ArchivedTable } from '../../../src/archive/night.ts';
import { currentSnapshot, pathOf } from '../../../src/archive/read-lake.ts';
import type { LoadedTable } from '../../../src/catalog/catalog.ts';
import type { DataFile } from '../../../src/iceberg/data-file.ts';
import { readDataFile } from '../../../src/parquet/parquet-reader.ts';
import type { DecodedBatch } from '../../../src/postgres/batch-builder.ts';
import { parseSourceUrl } from '../../../src/postgres/connection-settings.ts';
import { copyStatement, copyTable } from '../../../src/postgres/copy-stream.ts';
import { describeTable } from '../../../src/postgres/describe-table.ts';
import { loadRows } from '../../../src/postgres/load-rows.ts';
import { quoteTable } from '../../../src/postgres/quote.ts';
import { openSession, type Session } from '../../../src/postgres/session.ts';
import { CONFIGURE_SESSION } from '../../../src/postgres/sql/configure-session.ts';
import type { WireColumn } from '../../../src/postgres/wire-column.ts';
import { bindingsOf, fieldsOf, listDataFiles } from './lake-rows.ts';
import { expectSameRows, readTexts } from './postgres-texts.ts';
import { checkProperty, searchTime } from './property-run.ts';
import { openSampleLake, type SampleLake } from './sample-lake.ts';
import { createSampleTable, type SampleTable, sampleTables, wideTables } from './sample-table.ts';

/**
 * The way back: what the lake holds of a table goes into an empty table of the same definition, and is there byte for
 * byte what Postgres sent when the table was archived.
 */
const night = '2026-02-28';

let sample: SampleLake;
let loader: Client;
let session: Session;
let tables = 0;

beforeAll(async () => {
  sample = await openSampleLake();
  const { user, password, host, port, database } = sample.maker;
  const url = `postgres://${user}:${encodeURIComponent(String(password))}@${host}:${port}/${database}`;
  session = await openSession(parseSourceUrl(url), { applicationName: 'round trip' });
  loader = new Client(url);
  await loader.connect();
  await loader.query(`${CONFIGURE_SESSION}; SET default_transaction_read_only = off`);
});

afterAll(async () => {
  await loader.end();
  await session.close();
  await sample.close();
});

test('any table comes back from the lake byte for byte', { timeout: searchTime(15) + 60_000 }, async () => {
  const samples = fc.array(sampleTables(), { minLength: 1, maxLength: 4 });
  const runs = await checkProperty(15, samples, archiveAndRestore);
  console.log(`${runs} nights, ${tables} tables`);
  expect(runs).toBeGreaterThan(1);
});

test(
  'a table with a column of every type comes back from the lake byte for byte',
  { timeout: 120_000 },
  async () => {
    const parameters = { numRuns: 3, endOnFailure: true };
    const runs = await checkProperty(60, wideTables, (wide) => archiveAndRestore([wide]), parameters);
    expect(runs).toBe(3);
  },
);

async function archiveAndRestore(samples: readonly SampleTable[]): Promise<void> {
  const { maker } = sample;
  const names = samples.map(() => `r${(tables += 1)}`);
  try {
    for (const [index, table] of samples.entries()) {
      await createSampleTable(maker, names[index] as string, table);
      await maker.query(`CREATE TABLE ${names[index]}_back (LIKE ${names[index]})`);
    }
    const archived = await sample.archive(
      night,
      names.map((name) => `public.${name}`),
    );
    for (const table of archived) await restoreAndCompare(table);
  } finally {
    await sample.drop(names.flatMap((name) => [name, `${name}_back`]));
  }
}

async function restoreAndCompare({ name, lakeTable, rows }: ArchivedTable): Promise<void> {
  const back = { schema: 'public', name: `${name}_back` };
  const loaded = (await sample.lake.catalog.loadTable(lakeTable)) as LoadedTable;
  const hash = currentSnapshot(loaded.metadata)?.summary['permafrost.rows-hash'];
  const columns = await archivedColumns(loaded, back);

  await loader.query('BEGIN');
  try {
    const restored = await loadRows(loader, back, columns, readBatches(loaded, columns), {
      doing: 'restoring',
      intoNewTable: false,
    });
    expect(restored).toMatchObject({ rows, rowsHash: hash });
  } finally {
    // After a failure the server makes a ROLLBACK of it.
    await loader.query('COMMIT');
  }

  const names = columns.map((column) => column.name);
  expectSameRows(
    await readTexts(sample.witness, back.name, names),
    await readTexts(sample.witness, name, names),
  );
  expect(await hashOf(back, columns)).toBe(hash);
}

/** The columns of the empty table, with the companions that the lake has for them. */
async function archivedColumns(
  loaded: LoadedTable,
  back: { schema: string; name: string },
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
  const [file] = (await listDataFiles(sample.lake, loaded)) as [DataFile];
  const source = {
    bytes: Number(file.fileSizeInBytes),
    getRange: (start: number, end: number) =>
      sample.lake.store.getRange(pathOf(sample.lake.store, file.path), start, end),
  };
  for await (const batch of readDataFile(source, toArrowSchema(fields), {
    batchBytes: 4096,
    doing: 'restoring',
  })) {
    yield { rows: batch.numRows, columns: batch.data.children };
  }
}

/** What an archive of the restored table would give as its hash. */
async function hashOf(
  table: { schema: string; name: string },
  columns: readonly WireColumn[],
): Promise<string> {
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
