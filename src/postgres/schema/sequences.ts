import { errorCodeOf } from '../../errors.ts';
import { quoteIdentifier, quoteTable } from '../quote.ts';
import { changedSince, define, literal, type SchemaDraft } from './draft.ts';
import { objectKey } from './graph.ts';
import type { ObjectName, SchemaStatement } from './statement.ts';
import { addToTable, type DumpedTable, type DumpedTables } from './tables.ts';
import type { Row, Session } from '../session.ts';

/** Sequences by themselves, and those of identity columns, which come with the column. */
export function draftSequences(draft: SchemaDraft, rows: readonly Row[], tables: DumpedTables): void {
  for (const row of rows) {
    const owner = row.owner == null ? undefined : tables.get(row.owner);
    if (row.belongs === 'i' && owner !== undefined) draftIdentity(draft, row, owner);
    else draftOwnSequence(draft, row, owner);
  }
}

/** Where a sequence stood when it was asked. */
export type SequenceValue = ObjectName & {
  /** An int64, in decimal. */
  readonly lastValue: string;
  /** False for a sequence whose last value is the next one to be given. */
  readonly isCalled: boolean;
};

/** What the sequences stood at when they were asked, and those that this user may not ask. */
export type SequenceValues = {
  readonly values: readonly SequenceValue[];
  readonly unread: readonly ObjectName[];
};

const VALUES_PER_QUERY = 200;

/**
 * Reads where the sequences stand *now*: sequences know no snapshots, so a value is the snapshot's or a later one, never
 * one that rows of the snapshot have outrun.
 */
export async function readSequenceValues(session: Session, rows: readonly Row[]): Promise<SequenceValues> {
  const readable = rows.filter((row) => mayRead(row, session));
  const values = new Map<string, Row>();
  for (let start = 0; start < readable.length; start += VALUES_PER_QUERY) {
    const some = readable.slice(start, start + VALUES_PER_QUERY);
    for (const value of await readSome(session, some)) values.set(value.oid ?? '', value);
  }
  return {
    values: readable.flatMap((row) => {
      const value = values.get(row.oid ?? '');
      if (value === undefined) return [];
      return [{ ...objectOf(row), lastValue: value.last_value ?? '1', isCalled: value.is_called === 't' }];
    }),
    unread: rows.filter((row) => !mayRead(row, session)).map(objectOf),
  };
}

async function readSome(session: Session, rows: readonly Row[]): Promise<readonly Row[]> {
  const sql = rows.map(
    (row) => `SELECT ${Number(row.oid)} AS oid, last_value, is_called FROM ${quoted(row)}`,
  );
  try {
    return await session.query(sql.join(' UNION ALL '), [], 'reading the sequences');
  } catch (error) {
    // The snapshot had them all.
    if (errorCodeOf(error) === 'table-not-found') throw changedSince('a sequence');
    throw error;
  }
}

/** An unlogged sequence is not to be read on a standby. */
function mayRead(row: Row, session: Session): boolean {
  return row.may_select === 't' && !(session.server.inRecovery && row.persistence === 'u');
}

/** The statements that set those sequences which the other statements make. */
export function setSequences(
  values: readonly SequenceValue[],
  statements: readonly SchemaStatement[],
): readonly SchemaStatement[] {
  const makers = new Map(
    statements.flatMap(({ kind, object, of }) =>
      kind === 'sequence' ? [[quoteTable(object), of] as const] : [],
    ),
  );
  return values.flatMap(({ schema, name, lastValue, isCalled }) => {
    const sequence = quoteTable({ schema, name });
    const of = makers.get(sequence);
    if (of === undefined) return [];
    return {
      kind: 'sequence-value',
      object: { schema, name },
      of,
      sql: `SELECT pg_catalog.setval(${literal(sequence)}::pg_catalog.regclass, ${BigInt(lastValue)}, ${isCalled})`,
      restoredByDefault: true,
      requires: [],
    };
  });
}

function draftOwnSequence(draft: SchemaDraft, row: Row, owner: DumpedTable | undefined): void {
  define(draft, {
    key: objectKey('pg_class', row.oid),
    of: { kind: 'sequence', ...objectOf(row) },
    sql: `CREATE ${row.persistence === 'u' ? 'UNLOGGED ' : ''}SEQUENCE ${quoted(row)} AS ${row.type} ${sequenceOptions(row)}`,
    phrase: `SEQUENCE ${quoted(row)}`,
  });
  if (owner === undefined) return;
  addToTable(draft, owner, {
    kind: 'sequence-owner',
    name: row.name ?? '',
    sql: `ALTER SEQUENCE ${quoted(row)} OWNED BY ${owner.quoted}.${quoteIdentifier(row.owner_column ?? '')}`,
    from: [objectKey('pg_class', row.oid)],
  });
}

/** The type of such a sequence is that of the column. */
function draftIdentity(draft: SchemaDraft, row: Row, table: DumpedTable): void {
  const key = objectKey('pg_class', row.oid);
  const object = objectOf(row);
  draft.refs.set(key, table.of);
  draft.subjects.set(key, { phrase: `SEQUENCE ${quoted(row)}`, object, of: table.of, restored: true });
  const when = row.identity === 'a' ? 'ALWAYS' : 'BY DEFAULT';
  const column = quoteIdentifier(row.owner_column ?? '');
  const add = (kind: 'sequence' | 'sequence-owner', sql: string) =>
    draft.statements.push({ kind, object, of: table.of, sql, restored: true, from: [] });
  add(
    'sequence',
    `ALTER TABLE ${table.quoted} ALTER COLUMN ${column} ADD GENERATED ${when} AS IDENTITY (SEQUENCE NAME ${quoted(row)} ${sequenceOptions(row)})`,
  );
  if (row.persistence === row.owner_persistence) return;
  add(
    'sequence-owner',
    `ALTER SEQUENCE ${quoted(row)} SET ${row.persistence === 'u' ? 'UNLOGGED' : 'LOGGED'}`,
  );
}

function sequenceOptions(row: Row): string {
  return [
    `START WITH ${row.start} INCREMENT BY ${row.increment} MINVALUE ${row.minimum} MAXVALUE ${row.maximum}`,
    `CACHE ${row.cache}${row.cycle === 't' ? ' CYCLE' : ''}`,
  ].join(' ');
}

function quoted(row: Row): string {
  return quoteTable(objectOf(row));
}

function objectOf(row: Row): ObjectName {
  return { schema: row.schema ?? '', name: row.name ?? '' };
}
