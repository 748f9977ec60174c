import type { Row, Session } from './session.ts';
import { LIST_RELATIONS } from './sql/list-relations.ts';
import { parseTablePattern } from './table-pattern.ts';

/** A table that is archived: an ordinary table, or a partition that holds rows itself. */
export type ListedTable = {
  readonly schema: string;
  readonly name: string;
  readonly oid: number;
  readonly persistence: 'permanent' | 'unlogged';
  /** True for a partition. */
  readonly partition: boolean;
  /** pg_class.reltuples; -1 when never analysed. */
  readonly estimatedRows: number;
  /** Size of the main fork and its TOAST, in bytes. */
  readonly bytes: number;
  /** False: reading it will fail for want of grants. The table is still listed, for it must not go missing. */
  readonly maySelect: boolean;
  /** True: row-level security applies to this user, and reading will fail rather than miss rows. */
  readonly rowsHidden: boolean;
};

/** A relation that is not archived, and the sentence that says why. */
export type ExcludedRelation = { readonly schema: string; readonly name: string; readonly rule: string };

/** Every relation that the patterns match is in exactly one of `tables` and `excluded`. */
export type TableListing = {
  /** By schema and name. */
  readonly tables: readonly ListedTable[];
  readonly excluded: readonly ExcludedRelation[];
  /** Patterns that match nothing, as they were written. */
  readonly missing: readonly string[];
};

const RULES: Readonly<Record<string, string>> = {
  p: 'partitioned table: it holds no rows itself, each of its partitions is archived',
  v: 'view: it holds no rows itself',
  m: 'materialized view: its rows are computed from tables',
  f: 'foreign table: its rows are in another server',
};
const TEMPORARY = 'temporary table: it belongs to a session that is still running';

/**
 * Lists the source as the transaction of the session sees it. Without patterns, everything. A pattern that names a
 * partitioned table takes its partitions, at every level. Sequences and large objects are no tables and are not
 * listed. Error: `configuration` for a pattern that cannot be read.
 */
export async function listTables(session: Session, patterns: readonly string[] = []): Promise<TableListing> {
  const wanted = patterns.map(parseTablePattern);
  const relations = (await session.query(LIST_RELATIONS, [], 'listing the tables')).map(readRelation);
  const byOid = new Map(relations.map((relation) => [relation.table.oid, relation.table]));
  const used = new Set<string>();
  const isWanted = ({ table, ancestors }: Relation): boolean => {
    const family = [table, ...ancestors.flatMap((oid) => byOid.get(oid) ?? [])];
    const matching = wanted.filter((pattern) => family.some((member) => pattern.matches(member)));
    for (const pattern of matching) used.add(pattern.text);
    return wanted.length === 0 || matching.length > 0;
  };
  const chosen = relations.filter(isWanted);
  return {
    tables: chosen.filter((relation) => relation.rule === undefined).map((relation) => relation.table),
    excluded: chosen.flatMap(({ rule, table: { schema, name } }) =>
      rule === undefined ? [] : [{ schema, name, rule }],
    ),
    missing: [...new Set(patterns)].filter((text) => !used.has(text)),
  };
}

type Relation = {
  readonly table: ListedTable;
  /** Why it is left out; undefined when it is not. */
  readonly rule: string | undefined;
  /** Oids of the partitioned tables it is a part of. */
  readonly ancestors: readonly number[];
};

function readRelation(row: Row): Relation {
  const ancestors: readonly number[] = JSON.parse(row.ancestors ?? '[]');
  return {
    rule: row.persistence === 't' ? TEMPORARY : RULES[row.kind ?? ''],
    ancestors,
    table: {
      schema: row.schema ?? '',
      name: row.name ?? '',
      oid: Number(row.oid),
      persistence: row.persistence === 'u' ? 'unlogged' : 'permanent',
      partition: ancestors.length > 0,
      estimatedRows: Number(row.estimated_rows),
      bytes: Number(row.bytes),
      maySelect: row.may_select === 't',
      rowsHidden: row.rows_hidden === 't',
    },
  };
}
