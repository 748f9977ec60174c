import type { RefusedStatement } from '../postgres/load/restore-target.ts';
import type { LeftOutStatement, ObjectName, SchemaStatement } from '../postgres/schema/statement.ts';

/** Something of the source that a restored database does not have, in words. */
export type LeftOut = {
  /** `not-asked-for`: it belongs to tables that were not to be restored. `kept`: what was there stands for it. */
  readonly kind: 'not-asked-for' | 'refused' | 'not-archived' | 'kept';
  readonly what: string;
  readonly why: string;
};

export function tellLeftOut(leftOut: LeftOutStatement): LeftOut {
  const isUnsupported = leftOut.missing.some(({ kind }) => kind === 'unsupported');
  return {
    kind: isUnsupported ? 'not-archived' : 'not-asked-for',
    what: describe(leftOut.statement),
    why: `it needs ${missingOf(leftOut)}, which is not ${isUnsupported ? 'archived' : 'restored'}`,
  };
}

export function tellRefused({ statement, sqlState }: RefusedStatement): LeftOut {
  return { kind: 'refused', what: describe(statement), why: `the server refuses it (SQLSTATE ${sqlState})` };
}

/** Neither the archive nor the rows tell where the sequence stood. */
export function tellUnread(sequence: ObjectName): LeftOut {
  return {
    kind: 'not-archived',
    what: `value of the sequence ${labelOf(sequence)}`,
    why: 'the archiver was not allowed to read it',
  };
}

/** Of a table it is all but the rows: its place below others, its keys and indexes. */
export function tellKept(statement: SchemaStatement): LeftOut {
  const subject = statement.kind === 'sequence' ? 'definition and value' : 'definition';
  return {
    kind: 'kept',
    what: `${subject} of the ${describe(statement)}`,
    why: 'it is there already, and stays as it is',
  };
}

function describe({ kind, object, of }: SchemaStatement): string {
  const what = `${kind.replaceAll('-', ' ')} ${labelOf(object)}`;
  return labelOf(of) === labelOf(object) ? what : `${what} of ${labelOf(of)}`;
}

/** Names of what a statement would need. */
export function missingOf({ missing }: LeftOutStatement): string {
  return missing
    .map((ref) => `${ref.kind === 'unsupported' ? '' : `${ref.kind} `}${labelOf(ref)}`)
    .join(', ');
}

/** `schema.name`. */
export function labelOf({ schema, name }: ObjectName): string {
  return schema === '' ? name : `${schema}.${name}`;
}
