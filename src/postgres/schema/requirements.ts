import type { SchemaDraft, StatementDraft } from './draft.ts';
import type { ObjectGraph, ObjectKey } from './graph.ts';
import { isDefinition, type ObjectRef, refKey, type SchemaStatement } from './statement.ts';

/** Kinds that name other tables without taking them along. */
const MERELY_NAMES_TABLES = new Set(['foreign-key', 'policy', 'rule', 'trigger', 'comment']);

/** Says of each draft what it requires. */
export function finishStatements(draft: SchemaDraft, graph: ObjectGraph): readonly SchemaStatement[] {
  return draft.statements.map(({ kind, object, of, sql, restored, from }) => ({
    kind,
    object,
    of,
    sql,
    restoredByDefault: restored,
    requires: requirementsOf({ kind, object, of, from }, draft, graph),
  }));
}

/** Leaves functions that only recorded statements of the table use recorded; what other tables use them for is theirs. */
export function recordUnusedFunctions(statements: readonly SchemaStatement[]): readonly SchemaStatement[] {
  const used = usedFunctions(statements);
  return statements.map((statement) =>
    statement.of.kind === 'function' && !used.has(refKey(statement.of))
      ? { ...statement, restoredByDefault: false }
      : statement,
  );
}

/** Takes the statements of an object together with those of all that it needs, for one object after the other. */
export function createGatherer(
  statements: readonly SchemaStatement[],
): (root: ObjectRef) => readonly SchemaStatement[] {
  const byObject = Map.groupBy(statements, ({ of }) => refKey(of));
  return (root) => {
    const seen = new Map([[refKey(root), root]]);
    // A map grows while it is walked: what is found on the way is visited as well.
    for (const key of seen.keys()) {
      for (const { kind, requires } of byObject.get(key) ?? []) {
        for (const ref of requires) {
          if (ref.kind !== 'table' || !MERELY_NAMES_TABLES.has(kind)) seen.set(refKey(ref), ref);
        }
      }
    }
    return [...seen.keys()].flatMap((key) => byObject.get(key) ?? []);
  };
}

function requirementsOf(
  statement: Pick<StatementDraft, 'kind' | 'object' | 'of' | 'from'>,
  draft: SchemaDraft,
  graph: ObjectGraph,
): readonly ObjectRef[] {
  const found = new Map<string, ObjectRef>();
  const add = (ref: ObjectRef) => found.set(refKey(ref), ref);
  const { schema } = statement.object;
  if (schema !== '' && (isDefinition(statement) || schema !== statement.of.schema)) {
    add({ kind: 'schema', schema: '', name: schema });
  }
  const visited = new Set<ObjectKey>(statement.from);
  for (const key of visited) {
    for (const target of graph.targetsOf(key)) {
      const ref = draft.refs.get(target.key) ?? target.relation;
      if (ref === undefined) visited.add(target.key);
      else add(ref);
    }
  }
  found.delete(refKey(statement.of));
  return [...found.values()].toSorted((a, b) => (refKey(a) < refKey(b) ? -1 : 1));
}

function usedFunctions(statements: readonly SchemaStatement[]): ReadonlySet<string> {
  const byObject = Map.groupBy(statements, ({ of }) => refKey(of));
  const used = new Set<string>();
  const take = ({ requires }: SchemaStatement) => {
    for (const ref of requires) if (ref.kind === 'function') used.add(refKey(ref));
  };
  for (const each of statements) if (each.restoredByDefault && each.of.kind !== 'function') take(each);
  for (const key of used) for (const each of byObject.get(key) ?? []) take(each);
  return used;
}
