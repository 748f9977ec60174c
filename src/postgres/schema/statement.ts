/** Kinds of statements that must run before the rows come in, in the order in which they run. */
const PRE_DATA = [
  'schema',
  'extension',
  'collation',
  'type',
  'domain-constraint',
  'function',
  'sequence',
  'table',
  'attach-partition',
  'sequence-owner',
  'table-option',
] as const;

/** Kinds that run when the rows are in. */
const POST_DATA = [
  'attach-hashed',
  'default',
  'constraint',
  'index',
  'attach-index',
  'index-option',
  'statistics',
  'foreign-key',
  'sequence-value',
  'policy',
  'trigger',
  'rule',
  'comment',
  'owner',
  'grant',
] as const;

export type StatementKind = (typeof PRE_DATA)[number] | (typeof POST_DATA)[number];

export type ObjectName = {
  /** Empty for a schema. */
  readonly schema: string;
  /** Of a function with its argument types. */
  readonly name: string;
};

/** An object that others can need. `unsupported` is one that is not archived: its name is a description of it. */
export type ObjectRef = ObjectName & {
  readonly kind:
    | 'schema'
    | 'extension'
    | 'collation'
    | 'type'
    | 'function'
    | 'sequence'
    | 'table'
    | 'unsupported';
};

/** One SQL statement. JSON-safe, and the same every night as long as the object is. */
export type SchemaStatement = {
  readonly kind: StatementKind;
  /** What it makes or changes: a table, a constraint, an index … */
  readonly object: ObjectName;
  /** What it belongs to: a constraint and an index to their table, a comment to what it is about. */
  readonly of: ObjectRef;
  /** Wants the settings of `REPLAY_SETTINGS`. */
  readonly sql: string;
  /** False for triggers, rules, owners and grants: they are recorded, and run when someone asks for them. */
  readonly restoredByDefault: boolean;
  /** What must exist before; a foreign key names the other table here. */
  readonly requires: readonly ObjectRef[];
};

/** A statement that cannot run, and what it lacks. */
export type LeftOutStatement = {
  readonly statement: SchemaStatement;
  readonly missing: readonly ObjectRef[];
};

export type ReplayPlan = {
  readonly preData: readonly SchemaStatement[];
  readonly postData: readonly SchemaStatement[];
  /** For example foreign keys to tables that are not restored. */
  readonly leftOut: readonly LeftOutStatement[];
};

const RANKS = new Map<StatementKind, number>(
  [...PRE_DATA, ...POST_DATA].map((kind, index): [StatementKind, number] => [kind, index]),
);

/** True for what must run before the rows come in. */
export function isPreData(kind: StatementKind): boolean {
  return rankOf(kind) < PRE_DATA.length;
}

/** Equal for references to the same object. */
export function refKey({ kind, schema, name }: ObjectRef): string {
  return JSON.stringify([kind, schema, name]);
}

/**
 * Orders the statements of any number of tables for a replay: each runs once, though several tables bring it along, and
 * after what it requires. What requires something that none of the statements makes is left out and told.
 */
export function planReplay(statements: readonly SchemaStatement[]): ReplayPlan {
  const { possible, leftOut } = partByRequirements(orderStatements(statements));
  return {
    preData: possible.filter(({ kind }) => isPreData(kind)),
    postData: possible.filter(({ kind }) => !isPreData(kind)),
    leftOut,
  };
}

/** Each statement once, by kind and name, and after what it requires as far as that is there. */
export function orderStatements(statements: readonly SchemaStatement[]): readonly SchemaStatement[] {
  const unique = [...new Map(statements.map((each) => [JSON.stringify(each), each])).values()];
  const sorted = unique.toSorted(
    (a, b) =>
      rankOf(a.kind) - rankOf(b.kind) ||
      compare(a.of.schema, b.of.schema) ||
      compare(a.of.name, b.of.name) ||
      compare(a.object.schema, b.object.schema) ||
      compare(a.object.name, b.object.name),
  );
  return orderByRequirements(sorted);
}

/** True for the statement that makes the object it belongs to. */
export function isDefinition({ kind, object, of }: Pick<SchemaStatement, 'kind' | 'object' | 'of'>): boolean {
  return kind === of.kind && object.schema === of.schema && object.name === of.name;
}

/** Leaving one out may leave others without what they require, so it goes round until none is left. */
function partByRequirements(statements: readonly SchemaStatement[]): {
  possible: readonly SchemaStatement[];
  leftOut: readonly LeftOutStatement[];
} {
  let possible = statements;
  const leftOut: LeftOutStatement[] = [];
  for (;;) {
    const made = new Set(possible.filter(isDefinition).map(({ of }) => refKey(of)));
    const parted = possible.map((statement) => ({
      statement,
      missing: [...statement.requires, statement.of].filter((ref) => !made.has(refKey(ref))),
    }));
    const wanting = parted.filter(({ missing }) => missing.length > 0);
    if (wanting.length === 0) return { possible, leftOut };
    leftOut.push(...wanting);
    possible = parted.filter(({ missing }) => missing.length === 0).map(({ statement }) => statement);
  }
}

/** The first in the given order whose requirements are made; a circle, which Postgres does not allow, is cut. */
function orderByRequirements(sorted: readonly SchemaStatement[]): readonly SchemaStatement[] {
  const ordered: SchemaStatement[] = [];
  const placed = new Set<SchemaStatement>();
  const makers = Map.groupBy(sorted.filter(isDefinition), ({ of }) => refKey(of));
  const place = (statement: SchemaStatement): void => {
    if (placed.has(statement)) return;
    placed.add(statement);
    for (const ref of [...statement.requires, statement.of]) {
      for (const maker of makers.get(refKey(ref)) ?? []) place(maker);
    }
    ordered.push(statement);
  };
  for (const statement of sorted) place(statement);
  return ordered;
}

function rankOf(kind: StatementKind): number {
  return RANKS.get(kind) ?? RANKS.size;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
