import { quoteIdentifier } from '../quote.ts';
import { literal, present, type SchemaDraft, type Subject } from './draft.ts';
import { objectKey } from './graph.ts';
import { tableOf } from './constraints.ts';
import { addToTable, type DumpedTable, type DumpedTables } from './tables.ts';
import type { Row } from '../session.ts';

/** Triggers and rules are recorded, not restored: they would act on rows whose effects are in the archive already. */
export function draftTriggers(draft: SchemaDraft, rows: readonly Row[], tables: DumpedTables): void {
  for (const row of rows) {
    const table = tableOf(row, tables);
    const kind = row.kind === 'rule' ? 'rule' : 'trigger';
    const word = kind.toUpperCase();
    const name = row.name ?? '';
    const key = objectKey(kind === 'rule' ? 'pg_rewrite' : 'pg_trigger', row.oid);
    draft.subjects.set(key, {
      phrase: `${word} ${quoteIdentifier(name)} ON ${table.quoted}`,
      object: { schema: table.of.schema, name },
      of: table.of,
      restored: false,
    });
    const add = (sql: string) => addToTable(draft, table, { kind, name, sql, from: [key], restored: false });
    add(present(row.definition, table.label).replace(/;$/, ''));
    const state = STATES[row.enabled ?? ''];
    if (state !== undefined) add(`ALTER TABLE ${table.quoted} ${state} ${word} ${quoteIdentifier(name)}`);
  }
}

const STATES: Readonly<Record<string, string>> = {
  D: 'DISABLE',
  R: 'ENABLE REPLICA',
  A: 'ENABLE ALWAYS',
};

/**
 * Row-level security is switched on in a restore too, so that a table which hid rows does not show them. A policy for
 * certain roles is recorded only, for roles are not restored.
 */
export function draftPolicies(draft: SchemaDraft, rows: readonly Row[], tables: DumpedTables): void {
  for (const table of tables.values()) {
    const enable = (what: string) =>
      addToTable(draft, table, {
        kind: 'policy',
        sql: `ALTER TABLE ONLY ${table.quoted} ${what} ROW LEVEL SECURITY`,
      });
    if (table.row.row_security === 't') enable('ENABLE');
    if (table.row.force_row_security === 't') enable('FORCE');
  }
  for (const row of rows) draftPolicy(draft, row, tableOf(row, tables));
}

/** Comments of what has been drafted; those of extensions come with them. */
export function draftComments(draft: SchemaDraft, rows: readonly Row[]): void {
  for (const row of rows) {
    const key = objectKey(row.class, row.oid);
    const subject = draft.subjects.get(key);
    if (subject === undefined || subject.of.kind === 'extension') continue;
    const phrase =
      row.column == null ? subject.phrase : `COLUMN ${subject.columnsOf}.${quoteIdentifier(row.column)}`;
    const { object, of, restored } = subject;
    draft.statements.push({
      kind: 'comment',
      object,
      of,
      sql: `COMMENT ON ${phrase} IS ${literal(row.comment ?? '')}`,
      restored,
      // A part of a table, such as a foreign key, may be left out, and its comment with it.
      from: draft.refs.has(key) ? [] : [key],
    });
  }
}

type Grant = {
  /** Null for PUBLIC. */
  readonly grantee: string | null;
  readonly grantable: boolean;
  readonly privileges: readonly string[];
};

/** Owners and grants are recorded, not restored: a scratch database has other roles. */
export function draftPrivileges(draft: SchemaDraft, rows: readonly Row[]): void {
  for (const row of rows) {
    const subject = draft.subjects.get(objectKey(row.class, row.oid));
    if (subject === undefined || subject.of.kind === 'extension') continue;
    const { object, of } = subject;
    const add = (kind: 'owner' | 'grant', sql: string) =>
      draft.statements.push({ kind, object, of, sql, restored: false, from: [] });
    if (row.owner != null) add('owner', `ALTER ${subject.phrase} OWNER TO ${quoteIdentifier(row.owner)}`);
    for (const sql of grantStatements(row, subject)) add('grant', sql);
  }
}

function grantStatements(row: Row, subject: Subject): readonly string[] {
  const grants: readonly Grant[] | null = JSON.parse(row.grants ?? 'null');
  if (grants === null) return [];
  const on = subject.phrase.replace(/^DOMAIN /, 'TYPE ');
  const column = row.column == null ? '' : ` (${quoteIdentifier(row.column)})`;
  const given = grants.map(({ grantee, grantable, privileges }) => {
    const list = privileges.map((privilege) => `${privilege}${column}`).join(', ');
    return `GRANT ${list} ON ${on} TO ${roleOf(grantee)}${grantable ? ' WITH GRANT OPTION' : ''}`;
  });
  if (column !== '') return given;
  // What PUBLIC and the owner have by default is theirs only as far as it is granted below.
  const owner = row.owner == null ? '' : `, ${quoteIdentifier(row.owner)}`;
  return [`REVOKE ALL ON ${on} FROM PUBLIC${owner}`, ...given];
}

const COMMANDS: Readonly<Record<string, string>> = {
  r: 'SELECT',
  a: 'INSERT',
  w: 'UPDATE',
  d: 'DELETE',
  '*': 'ALL',
};

function draftPolicy(draft: SchemaDraft, row: Row, table: DumpedTable): void {
  const name = row.name ?? '';
  const key = objectKey('pg_policy', row.oid);
  const roles: readonly (string | null)[] = JSON.parse(row.roles ?? '[null]');
  const restored = roles.every((role) => role === null);
  draft.subjects.set(key, {
    phrase: `POLICY ${quoteIdentifier(name)} ON ${table.quoted}`,
    object: { schema: table.of.schema, name },
    of: table.of,
    restored,
  });
  const sql = [
    `CREATE POLICY ${quoteIdentifier(name)} ON ${table.quoted}`,
    row.permissive === 't' ? '' : ' AS RESTRICTIVE',
    ` FOR ${COMMANDS[row.command ?? ''] ?? 'ALL'} TO ${roles.map(roleOf).join(', ')}`,
    row.using_expression == null ? '' : ` USING (${row.using_expression})`,
    row.check_expression == null ? '' : ` WITH CHECK (${row.check_expression})`,
  ];
  addToTable(draft, table, { kind: 'policy', name, sql: sql.join(''), from: [key], restored });
}

function roleOf(name: string | null): string {
  return name === null ? 'PUBLIC' : quoteIdentifier(name);
}
