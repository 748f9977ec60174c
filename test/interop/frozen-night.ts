import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { DatedNightRequest } from '../../src/archive/archiver.ts';
import { parseBindings } from '../../src/archive/column-binding.ts';
import { type NightResult, nightSucceeded } from '../../src/archive/night.ts';
import { runNight } from '../../src/archive/run-night.ts';
import { PROPERTY } from '../../src/archive/table-properties.ts';
import type { LoadedTable } from '../../src/catalog/catalog.ts';
import { systemClock } from '../../src/clock.ts';
import { composeArchiver, openLake } from '../../src/composition.ts';
import { readConfig } from '../../src/config.ts';
import { type Content, type HashedColumn, hashedColumns, hashInPostgres } from './content-hash.ts';

/** A table as a night left it. */
export type FrozenTable = {
  /** In the lake. */
  readonly name: string;
  readonly folder: string;
  /** Columns that the content hash covers, by their names in the lake. */
  readonly columns: readonly string[];
  /** Those of them whose bounds are kept. */
  readonly boundedColumns: readonly string[];
  readonly snapshotId: string;
  readonly operation: string;
  /** What Postgres itself said under the snapshot that the night was read under. */
  readonly content: Content;
};

/**
 * Archives a night whose every table has to succeed. A witness in the same Postgres snapshot then says what was there,
 * while `meanwhile` changes the database from the moment of the export on.
 */
export async function freezeNight(
  source: string,
  folder: string,
  request: DatedNightRequest,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<ReadonlyMap<string, FrozenTable>> {
  const config = readConfig(
    { lake: `${folder}/lake`, set: request.set },
    { PERMAFROST_SOURCE: source, PERMAFROST_STATE_FOLDER: `${folder}/state` },
  );
  const archiver = composeArchiver(config);
  const witness = new pg.Client({
    connectionString: source,
    options: '-c timezone=UTC -c datestyle=ISO -c row_security=off',
  });
  await witness.connect();
  try {
    let changing = Promise.resolve();
    const result = await runNight(request, {
      archiver: {
        ...archiver,
        openSnapshot: async (signal) => {
          const held = await archiver.openSnapshot(signal);
          await witness.query(
            `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '${held.info.snapshotId}'`,
          );
          changing = meanwhile();
          return held;
        },
      },
      clock: systemClock,
      runId: randomUUID(),
      concurrency: 2,
      signal: new AbortController().signal,
    });
    await changing;
    return await describeTables(result, witness, config.lake);
  } finally {
    await witness.end();
    await archiver.close();
  }
}

async function describeTables(
  result: NightResult,
  witness: pg.Client,
  lake: Parameters<typeof openLake>[0],
): Promise<ReadonlyMap<string, FrozenTable>> {
  if (!nightSucceeded(result)) throw new Error(`the night failed: ${JSON.stringify(result, undefined, 2)}`);
  const { catalog } = openLake(lake);
  const tables = new Map<string, FrozenTable>();
  for (const archived of result.tables) {
    const loaded = await catalog.loadTable(archived.lakeTable);
    if (archived.kind !== 'archived' || loaded === undefined) throw new Error(`${archived.name} is missing`);
    const columns = columnsOf(loaded);
    const { properties, location } = loaded.metadata;
    tables.set(archived.name, {
      name: archived.lakeTable,
      folder: location.replace('file://', ''),
      columns: columns.map((column) => column.lakeName),
      boundedColumns: columns
        .map((column) => column.lakeName)
        .filter((column) => properties[`write.metadata.metrics.column.${column}`] === undefined),
      snapshotId: archived.snapshotId,
      operation: archived.operation,
      content: await hashInPostgres(witness, archived, columns),
    });
  }
  return tables;
}

function columnsOf({ metadata }: LoadedTable): readonly HashedColumn[] {
  const schema = metadata.schemas.find(
    (candidate) => candidate['schema-id'] === metadata['current-schema-id'],
  );
  if (schema === undefined) throw new Error('the table has no current schema');
  return hashedColumns(schema, parseBindings(metadata.properties[PROPERTY.columns] ?? ''));
}

/** What two nights hold together: hashes are sums over rows. */
export function addContents(a: Content, b: Content): Content {
  return { rows: a.rows + b.rows, hash: [sum(a.hash[0], b.hash[0]), sum(a.hash[1], b.hash[1])] };
}

function sum(left: string, right: string): string {
  return (BigInt(left) + BigInt(right)).toString();
}
