import { PermafrostError } from '../../errors.ts';
import { quoteIdentifier } from '../quote.ts';
import { draftComments, draftPolicies, draftPrivileges, draftTriggers } from './access.ts';
import { draftConstraints, draftIndexes, draftStatistics } from './constraints.ts';
import { changedSince, define, newDraft, type SchemaDraft } from './draft.ts';
import { type ObjectGraph, objectKey, readObjectGraph, splitKeys } from './graph.ts';
import { createGatherer, finishStatements, recordUnusedFunctions } from './requirements.ts';
import { draftSequences, readSequenceValues, type SequenceValue } from './sequences.ts';
import { type ObjectName, orderStatements, type SchemaStatement } from './statement.ts';
import { draftTables, dumpedTables } from './tables.ts';
import { draftCollations, draftExtensions, draftFunctions, draftTypes } from './types.ts';
import type { Row, Session } from '../session.ts';
import { CHECK_SCHEMA_NAMES } from '../sql/check-schema-names.ts';
import { DESCRIBE_OBJECTS } from '../sql/describe-objects.ts';
import { FIND_SCHEMAS } from '../sql/find-schemas.ts';
import { FIND_TABLES } from '../sql/find-tables.ts';
import { FIRST_USER_OID } from '../sql/list-needed-objects.ts';
import { READ_COLLATION_DEFINITIONS } from '../sql/read-collation-definitions.ts';
import { READ_COLUMN_DEFINITIONS } from '../sql/read-column-definitions.ts';
import { READ_COMMENTS } from '../sql/read-comments.ts';
import { READ_CONSTRAINT_DEFINITIONS } from '../sql/read-constraint-definitions.ts';
import { READ_DATABASE_FACTS } from '../sql/read-database-facts.ts';
import { READ_EXTENSIONS } from '../sql/read-extensions.ts';
import { READ_FUNCTION_DEFINITIONS } from '../sql/read-function-definitions.ts';
import { READ_INDEX_DEFINITIONS } from '../sql/read-index-definitions.ts';
import { READ_POLICY_DEFINITIONS } from '../sql/read-policy-definitions.ts';
import { READ_PRIVILEGES } from '../sql/read-privileges.ts';
import { READ_SEQUENCE_DEFINITIONS } from '../sql/read-sequence-definitions.ts';
import { READ_STATISTICS_DEFINITIONS } from '../sql/read-statistics-definitions.ts';
import { READ_TABLE_DEFINITIONS } from '../sql/read-table-definitions.ts';
import { READ_TRIGGER_DEFINITIONS } from '../sql/read-trigger-definitions.ts';
import { READ_TYPE_DEFINITIONS } from '../sql/read-type-definitions.ts';

/** What a database must have in common with the source for its values to mean the same. */
export type DatabaseFacts = {
  readonly name: string;
  readonly serverVersion: string;
  /** `UTF8`. */
  readonly encoding: string;
  readonly localeProvider: 'libc' | 'icu' | 'builtin';
  /** Of the provider, where it is not libc. */
  readonly locale?: string;
  readonly collate: string;
  readonly ctype: string;
  /** How values of the type money are written. */
  readonly lcMonetary: string;
};

export type ExtensionVersion = { readonly name: string; readonly version: string };

/**
 * All that makes a table anew in an empty database: its own statements and those of all that it needs, such as types,
 * functions and the tables it is a partition of. The same every night as long as none of these is altered.
 */
export type TableDdl = {
  readonly schema: string;
  readonly name: string;
  readonly extensions: readonly ExtensionVersion[];
  /** In the order in which they run. */
  readonly statements: readonly SchemaStatement[];
};

/** The schema of tables as one night saw it. Plain JSON. */
export type SchemaDump = {
  readonly database: DatabaseFacts;
  /** By schema and name, one for each oid. */
  readonly tables: readonly TableDdl[];
  /** Where the sequences stood when they were asked: at the snapshot's value or a later one. */
  readonly sequenceValues: readonly SequenceValue[];
  /** Sequences whose value this user may not read. */
  readonly unreadSequences: readonly ObjectName[];
};

/** Settings under which the statements mean what they meant in the source. */
export const REPLAY_SETTINGS: Readonly<Record<string, string>> = {
  search_path: '',
  DateStyle: 'ISO',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '3',
  bytea_output: 'hex',
  array_nulls: 'on',
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  check_function_bodies: 'off',
  xmloption: 'content',
  row_security: 'off',
  default_tablespace: '',
  default_table_access_method: 'heap',
  client_min_messages: 'warning',
};

const DOING = 'reading the schema';
const SAVEPOINT = 'permafrost_schema';

/** Quoted names stay right where a later version makes a keyword of one; and whoever alters a table is not waited for long. */
const BEGIN_DUMP = `SAVEPOINT ${SAVEPOINT}; SET LOCAL quote_all_identifiers = on; SET LOCAL lock_timeout = '10s'`;
/** Gives back the settings and the locks on sequences, and saves the transaction if a statement failed. */
const END_DUMP = `ROLLBACK TO SAVEPOINT ${SAVEPOINT}; RELEASE SAVEPOINT ${SAVEPOINT}`;

/**
 * Reads how tables are made, as the snapshot transaction of the session sees them, in some twenty-five round trips and
 * one for every 200 sequences. A view or foreign table is told as a table with its columns, so that its rows have one.
 * What is told of a table does not depend on the others. The transaction is afterwards as it was before, also after an
 * error.
 *
 * Errors: `table-not-found` for an oid that is no table in the snapshot; `table-changed` when someone altered one of the
 * objects since, for the server writes definitions as of now; `source-unreachable` when someone holds a lock on one.
 */
export async function dumpSchema(session: Session, tableOids: readonly number[]): Promise<SchemaDump> {
  await session.query(BEGIN_DUMP, [], DOING);
  try {
    return await readDump(session, tableOids);
  } finally {
    // It fails where the connection is gone, and then the error on its way says so.
    await session.query(END_DUMP, [], DOING).catch(() => undefined);
  }
}

async function readDump(session: Session, tableOids: readonly number[]): Promise<SchemaDump> {
  const asked = await findTables(session, tableOids);
  const graph = await readObjectGraph(session, tableOids.map(String));
  const extensions = await read(session, READ_EXTENSIONS, graph.oidsIn('pg_extension'));
  const sequences = await read(session, READ_SEQUENCE_DEFINITIONS, graph.oidsIn('pg_class'));
  const draft = await readDraft(session, graph, { extensions, sequences, asked: tableOids });
  const values = await readSequenceValues(session, sequences);
  await refuseChanged(session, graph);
  const gather = createGatherer(finishStatements(draft, graph));
  return {
    database: await readDatabaseFacts(session),
    tables: asked.map((row) => tableDdl(row, draft, gather, extensions)),
    sequenceValues: values.values,
    unreadSequences: values.unread,
  };
}

async function findTables(session: Session, oids: readonly number[]): Promise<readonly Row[]> {
  const found = await read(session, FIND_TABLES, oids.map(String));
  const missing = oids.filter((oid) => !found.some((row) => Number(row.oid) === oid));
  if (missing.length === 0) return found;
  throw new PermafrostError(
    'table-not-found',
    `reading the schema: the night's snapshot has no table with the oid ${missing.join(', ')}`,
    { cure: 'list the tables under the same snapshot' },
  );
}

async function readDraft(
  session: Session,
  graph: ObjectGraph,
  known: {
    readonly extensions: readonly Row[];
    readonly sequences: readonly Row[];
    readonly asked: readonly number[];
  },
): Promise<SchemaDraft> {
  const draft = newDraft();
  const relations = graph.oidsIn('pg_class');
  const types = await read(session, READ_TYPE_DEFINITIONS, graph.oidsIn('pg_type'));
  const composites = types.flatMap(({ kind, relation }) => (kind === 'c' ? [relation ?? ''] : []));
  const columns = await read(session, READ_COLUMN_DEFINITIONS, [...new Set([...relations, ...composites])]);
  const columnsOf = Map.groupBy(columns, (row) => row.relation ?? '');
  const definitions = await session.query(READ_TABLE_DEFINITIONS, [relations, known.asked], DOING);
  const tables = dumpedTables(definitions, columnsOf);
  draftExtensions(draft, known.extensions);
  draftCollations(draft, await read(session, READ_COLLATION_DEFINITIONS, graph.oidsIn('pg_collation')));
  draftTypes(draft, types, columnsOf);
  draftFunctions(draft, await read(session, READ_FUNCTION_DEFINITIONS, graph.oidsIn('pg_proc')));
  draftTables(draft, tables);
  draftSequences(draft, known.sequences, tables);
  draftConstraints(
    draft,
    await read(session, READ_CONSTRAINT_DEFINITIONS, graph.oidsIn('pg_constraint')),
    tables,
  );
  draftIndexes(draft, await read(session, READ_INDEX_DEFINITIONS, relations), tables);
  draftStatistics(
    draft,
    await read(session, READ_STATISTICS_DEFINITIONS, graph.oidsIn('pg_statistic_ext')),
    tables,
  );
  const triggers = [graph.oidsIn('pg_trigger'), graph.oidsIn('pg_rewrite')];
  draftTriggers(draft, await session.query(READ_TRIGGER_DEFINITIONS, triggers, DOING), tables);
  draftPolicies(draft, await read(session, READ_POLICY_DEFINITIONS, graph.oidsIn('pg_policy')), tables);
  await readSchemas(session, draft);
  await readUnsupported(session, draft, graph, types);
  const subjects = splitKeys([...draft.subjects.keys()]);
  draftComments(draft, await session.query(READ_COMMENTS, subjects, DOING));
  draftPrivileges(draft, await session.query(READ_PRIVILEGES, subjects, DOING));
  return draft;
}

async function read(session: Session, sql: string, oids: readonly string[]): Promise<readonly Row[]> {
  return oids.length === 0 ? [] : session.query(sql, [oids], DOING);
}

/** The schemas of all that has been drafted. What initdb made has its comment and its owner in every database. */
async function readSchemas(session: Session, draft: SchemaDraft): Promise<void> {
  const names = new Set(draft.statements.map(({ object }) => object.schema));
  for (const row of await session.query(FIND_SCHEMAS, [[...names]], DOING)) {
    const name = row.name ?? '';
    const key = objectKey('pg_namespace', row.oid);
    define(draft, {
      key,
      of: { kind: 'schema', schema: '', name },
      sql: `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(name)}`,
      phrase: `SCHEMA ${quoteIdentifier(name)}`,
    });
    if (Number(row.oid) < FIRST_USER_OID) draft.subjects.delete(key);
  }
}

const STANDS_FOR_OTHERS = new Set(['array', 'm', 'row']);
const SUPPORTED = new Set([
  'pg_attrdef',
  'pg_class',
  'pg_constraint',
  'pg_namespace',
  'pg_policy',
  'pg_rewrite',
  'pg_statistic_ext',
  'pg_trigger',
]);

/** Names what cannot be dumped (base types, operators, aggregates …), so that what requires it does so by that name. */
async function readUnsupported(
  session: Session,
  draft: SchemaDraft,
  graph: ObjectGraph,
  types: readonly Row[],
): Promise<void> {
  const passing = new Set(
    types.filter(({ kind }) => STANDS_FOR_OTHERS.has(kind ?? '')).map(({ oid }) => objectKey('pg_type', oid)),
  );
  const unsupported = graph.keys.filter(
    (key) => !draft.refs.has(key) && !passing.has(key) && !SUPPORTED.has(key.slice(0, key.indexOf(':'))),
  );
  if (unsupported.length === 0) return;
  for (const row of await session.query(DESCRIBE_OBJECTS, splitKeys(unsupported), DOING)) {
    const name = row.description ?? `an object of ${row.class}`;
    draft.refs.set(objectKey(row.class, row.oid), { kind: 'unsupported', schema: '', name });
  }
}

async function refuseChanged(session: Session, graph: ObjectGraph): Promise<void> {
  const names = [graph.oidsIn('pg_class'), graph.oidsIn('pg_type')];
  const [changed] = await session.query(CHECK_SCHEMA_NAMES, names, DOING);
  if (changed !== undefined) throw changedSince(`${changed.schema}.${changed.name}`);
}

async function readDatabaseFacts(session: Session): Promise<DatabaseFacts> {
  const [row] = await session.query(READ_DATABASE_FACTS, [], DOING);
  return {
    name: row?.name ?? '',
    serverVersion: session.server.version,
    encoding: row?.encoding ?? '',
    localeProvider: row?.locale_provider === 'i' ? 'icu' : row?.locale_provider === 'b' ? 'builtin' : 'libc',
    ...(row?.locale == null ? {} : { locale: row.locale }),
    collate: row?.collate ?? '',
    ctype: row?.ctype ?? '',
    lcMonetary: row?.lc_monetary ?? '',
  };
}

/** A table of an extension is made by the extension. */
function tableDdl(
  row: Row,
  draft: SchemaDraft,
  gather: ReturnType<typeof createGatherer>,
  extensions: readonly Row[],
): TableDdl {
  const key =
    row.extension == null ? objectKey('pg_class', row.oid) : objectKey('pg_extension', row.extension);
  const root = draft.refs.get(key);
  if (root === undefined) throw changedSince(`${row.schema}.${row.name}`);
  const statements = orderStatements(recordUnusedFunctions(gather(root)));
  const used = new Set(
    statements.filter(({ kind }) => kind === 'extension').map(({ object }) => object.name),
  );
  return {
    schema: row.schema ?? '',
    name: row.name ?? '',
    extensions: extensions
      .filter(({ name }) => used.has(name ?? ''))
      .map(({ name, version }) => ({ name: name ?? '', version: version ?? '' })),
    statements,
  };
}
