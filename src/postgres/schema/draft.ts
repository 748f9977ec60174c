import { PermafrostError } from '../../errors.ts';
import { quoteIdentifier, quoteLiteral } from '../quote.ts';
import type { ObjectKey } from './graph.ts';
import type { ObjectName, ObjectRef, StatementKind } from './statement.ts';

/** A statement before it is known what it requires. */
export type StatementDraft = {
  readonly kind: StatementKind;
  readonly object: ObjectName;
  readonly of: ObjectRef;
  readonly sql: string;
  /** False for what is recorded only. */
  readonly restored: boolean;
  /** Objects of the catalog whose dependencies are the statement's. */
  readonly from: readonly ObjectKey[];
};

/** How comments, owners and grants speak of an object. */
export type Subject = {
  /** `TABLE "s"."t"`, `CONSTRAINT "c" ON "s"."t"`. */
  readonly phrase: string;
  readonly object: ObjectName;
  readonly of: ObjectRef;
  readonly restored: boolean;
  /** Quoted name that its columns hang on; only for tables and composite types. */
  readonly columnsOf?: string;
};

/** What the definitions are gathered in. */
export type SchemaDraft = {
  readonly statements: StatementDraft[];
  /** What others require when they depend on the object. */
  readonly refs: Map<ObjectKey, ObjectRef>;
  readonly subjects: Map<ObjectKey, Subject>;
};

export function newDraft(): SchemaDraft {
  return { statements: [], refs: new Map(), subjects: new Map() };
}

/** Adds the statement that makes an object which others can require. */
export function define(
  draft: SchemaDraft,
  definition: {
    readonly key: ObjectKey;
    readonly of: ObjectRef & { readonly kind: StatementKind };
    readonly sql: string;
    readonly phrase: string;
    readonly from?: readonly ObjectKey[];
    readonly columnsOf?: string;
  },
): void {
  const { key, of, sql, phrase, from = [], columnsOf } = definition;
  const object = { schema: of.schema, name: of.name };
  draft.refs.set(key, of);
  draft.subjects.set(key, {
    phrase,
    object,
    of,
    restored: true,
    ...(columnsOf === undefined ? {} : { columnsOf }),
  });
  draft.statements.push({ kind: of.kind, object, of, sql, restored: true, from: [key, ...from] });
}

/** A value that the catalog must have; that it has none means that the object was dropped after the snapshot was taken. */
export function present(value: string | null | undefined, label: string): string {
  if (value != null) return value;
  throw changedSince(label);
}

export function changedSince(label: string): PermafrostError {
  return new PermafrostError('table-changed', `${label} was altered after the night's snapshot was taken`, {
    cure: 'archive the night again, at a time when no one alters the schema',
  });
}

/** `("fillfactor"='70', toast."autovacuum_enabled"='false')` of reloptions as JSON. */
export function writeOptions(json: string | null | undefined, prefix = ''): readonly string[] {
  const options: readonly string[] = JSON.parse(json ?? '[]');
  return options.map((option) => {
    const end = option.indexOf('=');
    return `${prefix}${quoteIdentifier(option.slice(0, end))}=${literal(option.slice(end + 1))}`;
  });
}

/** A string literal without the space that may come before an escaped one. */
export function literal(value: string): string {
  return quoteLiteral(value).trimStart();
}
