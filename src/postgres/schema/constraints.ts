import { PermafrostError } from '../../errors.ts';
import { quoteIdentifier, quoteTable } from '../quote.ts';
import { present, type SchemaDraft, writeOptions } from './draft.ts';
import { objectKey } from './graph.ts';
import { addToTable, type DumpedTable, type DumpedTables } from './tables.ts';
import type { Row } from '../session.ts';

/** Constraints of tables and of domains. Types come before. */
export function draftConstraints(draft: SchemaDraft, rows: readonly Row[], tables: DumpedTables): void {
  for (const row of rows) {
    if (row.relation === '0') draftDomainConstraint(draft, row);
    else draftTableConstraint(draft, row, tableOf(row, tables));
  }
}

/** Indexes; those of partitions are attached to their parent's. */
export function draftIndexes(draft: SchemaDraft, rows: readonly Row[], tables: DumpedTables): void {
  for (const row of rows) {
    const table = tableOf(row, tables);
    const index = { schema: row.schema ?? '', name: row.name ?? '' };
    const quoted = quoteTable(index);
    const key = objectKey('pg_class', row.oid);
    // One that a failed CREATE INDEX CONCURRENTLY left behind: the server does not use it either.
    const restored = row.valid === 't';
    draft.subjects.set(key, { phrase: `INDEX ${quoted}`, object: index, of: table.of, restored });
    const add = (kind: 'index' | 'attach-index' | 'index-option', sql: string) =>
      addToTable(draft, table, { kind, sql, name: index.name, from: [key], restored });
    if (row.of_constraint !== 't') add('index', present(row.definition, table.label));
    if (row.parent_name != null) {
      const parent = quoteTable({ schema: row.parent_schema ?? '', name: row.parent_name });
      add('attach-index', `ALTER INDEX ${parent} ATTACH PARTITION ${quoted}`);
    }
    for (const option of indexOptions(row, quoted, table)) add('index-option', option);
  }
}

export function draftStatistics(draft: SchemaDraft, rows: readonly Row[], tables: DumpedTables): void {
  for (const row of rows) {
    const table = tableOf(row, tables);
    const object = { schema: row.schema ?? '', name: row.name ?? '' };
    const quoted = quoteTable(object);
    const key = objectKey('pg_statistic_ext', row.oid);
    draft.subjects.set(key, { phrase: `STATISTICS ${quoted}`, object, of: table.of, restored: true });
    const add = (sql: string) =>
      draft.statements.push({ kind: 'statistics', object, of: table.of, sql, restored: true, from: [key] });
    add(present(row.definition, table.label));
    if (Number(row.target ?? -1) >= 0) add(`ALTER STATISTICS ${quoted} SET STATISTICS ${row.target}`);
  }
}

/** The table that a row of the catalog belongs to. */
export function tableOf({ relation }: Row, tables: DumpedTables): DumpedTable {
  const table = tables.get(relation ?? '');
  if (table === undefined) throw new PermafrostError('unexpected', `no table has the oid ${relation}`);
  return table;
}

/** A domain may be used by rows that break a constraint which was added NOT VALID: that one follows the rows. */
function draftDomainConstraint(draft: SchemaDraft, row: Row): void {
  const domain = draft.refs.get(objectKey('pg_type', row.domain));
  // NOT NULL stands with the domain itself.
  if (domain === undefined || row.type === 'n') return;
  const key = objectKey('pg_constraint', row.oid);
  const name = quoteIdentifier(row.name ?? '');
  const quoted = quoteTable(domain);
  const object = { schema: domain.schema, name: row.name ?? '' };
  draft.subjects.set(key, {
    phrase: `CONSTRAINT ${name} ON DOMAIN ${quoted}`,
    object,
    of: domain,
    restored: true,
  });
  draft.statements.push({
    kind: row.valid === 't' ? 'domain-constraint' : 'constraint',
    object,
    of: domain,
    sql: `ALTER DOMAIN ${quoted} ADD CONSTRAINT ${name} ${present(row.definition, `${domain.schema}.${domain.name}`)}`,
    restored: true,
    from: [key],
  });
}

function draftTableConstraint(draft: SchemaDraft, row: Row, table: DumpedTable): void {
  const key = objectKey('pg_constraint', row.oid);
  const name = quoteIdentifier(row.name ?? '');
  const foreign = row.type === 'f';
  const check = row.type === 'c' || row.type === 'n';
  draft.subjects.set(key, {
    phrase: `CONSTRAINT ${name} ON ${table.quoted}`,
    object: { schema: table.of.schema, name: row.name ?? '' },
    of: table.of,
    restored: true,
  });
  // What the parent hands down comes with the parent's.
  if ((foreign && row.of_partition === 't') || (check && row.local !== 't')) return;
  // Checks, and the foreign keys of partitioned tables, are handed down; the other ones have an index each.
  const handedDown = check || (foreign && table.row.partitioned === 't');
  addToTable(draft, table, {
    kind: foreign ? 'foreign-key' : 'constraint',
    name: row.name ?? '',
    sql: `ALTER TABLE ${handedDown ? '' : 'ONLY '}${table.quoted} ADD CONSTRAINT ${name} ${present(row.definition, table.label)}`,
    // It is the index that knows of operator classes.
    from: row.own_index == null ? [key] : [key, objectKey('pg_class', row.own_index)],
  });
}

function indexOptions(row: Row, quoted: string, table: DumpedTable): readonly string[] {
  const options = row.of_constraint === 't' ? writeOptions(row.options) : [];
  const statistics: readonly (readonly [number, number])[] = JSON.parse(row.statistics ?? '[]');
  const index = quoteIdentifier(row.name ?? '');
  return [
    ...(options.length === 0 ? [] : [`ALTER INDEX ${quoted} SET (${options.join(', ')})`]),
    ...statistics.map(
      ([column, target]) => `ALTER INDEX ${quoted} ALTER COLUMN ${column} SET STATISTICS ${target}`,
    ),
    ...(row.replica_identity === 't'
      ? [`ALTER TABLE ONLY ${table.quoted} REPLICA IDENTITY USING INDEX ${index}`]
      : []),
    ...(row.clustered === 't' ? [`ALTER TABLE ${table.quoted} CLUSTER ON ${index}`] : []),
  ];
}
