import { describeTable, describeTables } from '../postgres/describe-table.ts';
import { quoteTable } from '../postgres/quote.ts';
import { dumpSchema, type SchemaDump, type TableDdl } from '../postgres/schema/schema-dump.ts';
import type { ObjectName } from '../postgres/schema/statement.ts';
import type { Session } from '../postgres/session.ts';
import type { SnapshotKey } from '../postgres/snapshot-transaction.ts';
import type { TableDescription } from '../postgres/table-description.ts';
import type { PlannedTable } from './night.ts';
import type { SnapshotReader } from './snapshot-reader.ts';

/** What a table looks like and how it is made, as one snapshot sees it. */
export type Definition = {
  readonly table: TableDescription;
  /** Of this table alone. */
  readonly schema: SchemaDump;
};

/**
 * Reads definitions of tables. Those of a night are read many at a time, when the first of them is asked for: one by one
 * they would cost some twenty-five round trips each.
 */
export interface DefinitionReader {
  /** Tells which tables will be asked for under the snapshot. A hint: whatever else is asked for is read by itself. */
  expect(snapshot: SnapshotKey, tables: readonly PlannedTable[]): void;
  /** Errors: those of describeTable, dumpSchema and SnapshotReader. */
  read(snapshot: SnapshotKey, table: PlannedTable, signal: AbortSignal): Promise<Definition>;
}

type Batch = {
  readonly oids: readonly number[];
  reading: Promise<ReadonlyMap<number, Definition>> | undefined;
};

/** Definitions take some 10 kB each until they are asked for. */
const TABLES_PER_BATCH = 200;
/** Of as many sets a worker remembers what it will be asked for. */
const NIGHTS_AT_ONCE = 4;

export function createDefinitionReader(reader: SnapshotReader): DefinitionReader {
  const expected = new Map<string, ReadonlyMap<number, Batch>>();
  return {
    expect({ fingerprint }, tables) {
      expected.set(fingerprint, batchTables(tables));
      const [oldest] = expected.keys();
      if (expected.size > NIGHTS_AT_ONCE && oldest !== undefined) expected.delete(oldest);
    },
    async read(snapshot, table, signal) {
      const batch = expected.get(snapshot.fingerprint)?.get(table.oid);
      if (batch !== undefined) {
        batch.reading ??= reader.read(snapshot, (session) => readBatch(session, batch.oids));
        // One table that was altered spoils a batch: then each is read by itself, and fails by itself.
        const found = await batch.reading.catch(() => undefined);
        const definition = found?.get(table.oid);
        if (definition !== undefined) return definition;
      }
      return reader.read(snapshot, (session) => readOne(session, table), signal);
    },
  };
}

function batchTables(tables: readonly PlannedTable[]): ReadonlyMap<number, Batch> {
  const byOid = new Map<number, Batch>();
  // What stands in the place of a table is checked to be of its kind, by itself.
  const plain = tables.filter(({ kind }) => kind === undefined).map(({ oid }) => oid);
  for (let start = 0; start < plain.length; start += TABLES_PER_BATCH) {
    const batch: Batch = { oids: plain.slice(start, start + TABLES_PER_BATCH), reading: undefined };
    for (const oid of batch.oids) byOid.set(oid, batch);
  }
  return byOid;
}

async function readOne(session: Session, wanted: PlannedTable): Promise<Definition> {
  const table = await describeTable(session, wanted);
  return { table, schema: await dumpSchema(session, [table.oid]) };
}

async function readBatch(
  session: Session,
  oids: readonly number[],
): Promise<ReadonlyMap<number, Definition>> {
  const tables = await describeTables(session, oids);
  const dump = await dumpSchema(
    session,
    tables.map(({ oid }) => oid),
  );
  const ddl = new Map(dump.tables.map((one) => [quoteTable(one), one]));
  return new Map(
    tables.flatMap((table): readonly [number, Definition][] => {
      const own = ddl.get(quoteTable(table));
      return own === undefined ? [] : [[table.oid, { table, schema: schemaOf(own, dump) }]];
    }),
  );
}

/** The part of a dump that belongs to one table: its own DDL and the sequences that this makes. */
function schemaOf(table: TableDdl, { database, sequenceValues, unreadSequences }: SchemaDump): SchemaDump {
  const made = new Set(
    table.statements.flatMap(({ kind, object }) => (kind === 'sequence' ? [quoteTable(object)] : [])),
  );
  const isMade = (sequence: ObjectName) => made.has(quoteTable(sequence));
  return {
    database,
    tables: [table],
    sequenceValues: sequenceValues.filter(isMade),
    unreadSequences: unreadSequences.filter(isMade),
  };
}
