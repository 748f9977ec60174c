import type { Row, Session } from './session.ts';
import { LIST_RELATIONS } from './sql/list-relations.ts';
import type { RelationKind } from './table-description.ts';
import { parseTablePattern, type TableName } from './table-pattern.ts';

/** What rows can be read from: an ordinary table, a partition that holds rows itself, or what stands in for one. */
export type ListedTable = TableName & {
  readonly oid: number;
  readonly kind: RelationKind;
  readonly persistence: 'permanent' | 'unlogged';
  /** The partitioned tables that it is a part of, nearest first. */
  readonly partOf: readonly TableName[];
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
export type ExcludedRelation = TableName & { readonly rule: string };

/** Every relation that the patterns match is in exactly one of `tables`, `onlyByName` and `excluded`. */
export type TableListing = {
  /** By schema and name. */
  readonly tables: readonly ListedTable[];
  /** Left out by their rule, unless someone names them. */
  readonly onlyByName: readonly (ListedTable & ExcludedRelation)[];
  readonly excluded: readonly ExcludedRelation[];
  /** Patterns that match nothing, as they were written. */
  readonly missing: readonly string[];
};

const BY_NAME = 'archived only where --tables or a definition of the source set names it in full';
const RULES_BY_NAME: Readonly<Record<Exclude<RelationKind, 'table'>, string>> = {
  view: `view: it holds no rows itself; ${BY_NAME}`,
  'materialized view': `materialized view: its rows are computed from tables; ${BY_NAME}`,
  'foreign table': `foreign table: its rows are in another server, and no part of the night's snapshot; ${BY_NAME}`,
};
const PARTITIONED = 'partitioned table: it holds no rows itself, each of its partitions is archived';
const TEMPORARY = 'temporary table: it belongs to a session that is still running';

/**
 * Lists the source as the transaction of the session sees it. Without patterns, everything. A pattern that names a
 * partitioned table takes its partitions, at every level. Sequences and large objects are no tables and are not
 * listed. Error: `configuration` for a pattern that cannot be read.
 */
export async function listTables(session: Session, patterns: readonly string[] = []): Promise<TableListing> {
  const wanted = patterns.map(parseTablePattern);
  const rows = await session.query(LIST_RELATIONS, [], 'listing the tables');
  const names = new Map(rows.map((row) => [Number(row.oid), nameOf(row)]));
  const used = new Set<string>();
  const isWanted = ({ is, partOf }: Relation): boolean => {
    const matching = wanted.filter((pattern) => [is, ...partOf].some((member) => pattern.matches(member)));
    for (const pattern of matching) used.add(pattern.text);
    return wanted.length === 0 || matching.length > 0;
  };
  const chosen = rows.map((row) => readRelation(row, names)).filter(isWanted);
  return {
    tables: chosen.flatMap((relation) => (relation.policy === 'archived' ? [relation.is] : [])),
    onlyByName: chosen.flatMap((relation) => (relation.policy === 'only by name' ? [relation.is] : [])),
    excluded: chosen.flatMap((relation) => (relation.policy === 'excluded' ? [relation.is] : [])),
    missing: [...new Set(patterns)].filter((text) => !used.has(text)),
  };
}

type Relation = { readonly partOf: readonly TableName[] } & (
  | { readonly policy: 'archived'; readonly is: ListedTable }
  | { readonly policy: 'only by name'; readonly is: ListedTable & ExcludedRelation }
  | { readonly policy: 'excluded'; readonly is: ExcludedRelation }
);

function readRelation(row: Row, names: ReadonlyMap<number, TableName>): Relation {
  const ancestors: readonly number[] = JSON.parse(row.ancestors ?? '[]');
  const partOf = ancestors.slice(1).flatMap((oid) => names.get(oid) ?? []);
  const { kind } = row;
  if (row.persistence === 't' || !isRelationKind(kind)) {
    return { policy: 'excluded', partOf, is: { ...nameOf(row), rule: ruleOf(row) } };
  }
  const table: ListedTable = {
    ...nameOf(row),
    oid: Number(row.oid),
    kind,
    persistence: row.persistence === 'u' ? 'unlogged' : 'permanent',
    partOf,
    estimatedRows: Number(row.estimated_rows),
    bytes: Number(row.bytes),
    maySelect: row.may_select === 't',
    rowsHidden: row.rows_hidden === 't',
  };
  if (kind === 'table') return { policy: 'archived', partOf, is: table };
  return { policy: 'only by name', partOf, is: { ...table, rule: RULES_BY_NAME[kind] } };
}

function nameOf(row: Row): TableName {
  return { schema: row.schema ?? '', name: row.name ?? '' };
}

/** A later server may have kinds that are not known here: they are named, lest they be missed. */
function ruleOf({ persistence, letter }: Row): string {
  if (persistence === 't') return TEMPORARY;
  if (letter === 'p') return PARTITIONED;
  return `a relation of a kind (${letter}) that is not known here; find out whether it holds rows`;
}

function isRelationKind(kind: string | null | undefined): kind is RelationKind {
  return kind === 'table' || (kind != null && Object.hasOwn(RULES_BY_NAME, kind));
}
