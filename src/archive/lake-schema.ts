import { PermafrostError } from '../errors.ts';
import type { NestedField, PrimitiveType, Schema, Type } from '../iceberg/schema.ts';
import { isPromotion } from '../iceberg/type-promotion.ts';
import { bindingOf, type ColumnBinding } from './column-binding.ts';
import { type ColumnChange, describeColumnChange } from './column-change.ts';
import { nameFields } from './field-name.ts';
import type { MappedColumn } from './mapped-column.ts';

/** The partition column: the run date, always field 1, always first. */
export const DT_FIELD: NestedField = {
  id: 1,
  name: 'dt',
  required: true,
  type: 'date',
  doc: 'Run date, UTC',
};

/** What the lake knew of the table before tonight. */
export type KnownTable = {
  /** Its name in Postgres then. */
  readonly source: { readonly schema: string; readonly name: string };
  readonly schema: Schema;
  readonly lastColumnId: number;
  /** Undefined where the database was on another server then, whose oids say nothing here. */
  readonly tableOid: number | undefined;
  /** Oids that it had before this one. */
  readonly formerOids: readonly number[];
  readonly bindings: readonly ColumnBinding[];
  /** Of the type contract that the table was created with; empty where the lake does not say. */
  readonly contractVersion: string;
};

export type LakeSchema = {
  /** `schema-id` is the known one when nothing changed, else -1 (assigned by the commit). */
  readonly schema: Schema;
  /** One per live column, in the given order; then the retired ones. */
  readonly bindings: readonly ColumnBinding[];
  /** What changed in the columns since the night before, one sentence each. */
  readonly changes: readonly string[];
};

type Draft = {
  readonly binding: ColumnBinding;
  readonly type: Type;
  readonly changes: readonly ColumnChange[];
};

/**
 * Gives every column of the source its Iceberg field. Identity follows Postgres: same attnum, same field id, whatever
 * the name. A type that Iceberg cannot promote gets a new field; the field of a dropped or retyped column stays
 * readable, retired, so that earlier nights keep all their columns. `companions` are attnums whose column has met
 * values that its type cannot hold.
 */
export function planLakeSchema(
  tableOid: number,
  columns: readonly MappedColumn[],
  companions: ReadonlySet<number>,
  known: KnownTable | undefined,
): LakeSchema {
  const ids = createIds(known?.lastColumnId ?? DT_FIELD.id);
  const before = known === undefined ? [] : rebind(tableOid, columns, known);
  const live = columns.map((column) => draftLive(column, before, known, ids));
  const drafts = [...live, ...draftRetired(live, before, known)].map((draft) =>
    withCompanion(draft, companions, ids),
  );
  const lists = drafts.filter(({ type }) => typeof type === 'object').map(({ binding }) => binding.fieldId);
  const bindings = drafts.map((draft) => draft.binding);
  const names = nameFields(bindings, new Set(lists), heldNames(bindings, before, known));
  const fields = drafts.flatMap((draft) => toFields(draft, names, ids));
  const changes = [...drafts.flatMap((draft) => draft.changes), ...displacements(drafts, names, known)];
  return {
    schema: settleSchema({ type: 'struct', 'schema-id': -1, fields: [DT_FIELD, ...fields] }, known),
    bindings,
    changes: changes.map((change) => describeColumnChange(change, names)),
  };
}

/** The bindings to match against: as known, or by name where the table is not the same one any more. */
function rebind(
  tableOid: number,
  columns: readonly MappedColumn[],
  known: KnownTable,
): readonly ColumnBinding[] {
  if (known.tableOid === tableOid) return known.bindings;
  const attnums = new Map(columns.map((column) => [column.name, column.attnum]));
  return known.bindings.map((binding) => {
    const attnum = binding.retired ? undefined : attnums.get(binding.name);
    return attnum === undefined ? { ...binding, retired: true } : { ...binding, attnum };
  });
}

function draftLive(
  column: MappedColumn,
  before: readonly ColumnBinding[],
  known: KnownTable | undefined,
  ids: Ids,
): Draft {
  const from = before.find((candidate) => !candidate.retired && candidate.attnum === column.attnum);
  if (from === undefined || known === undefined) {
    const added = fresh(column, ids);
    return { ...added, changes: known === undefined ? [] : [{ kind: 'added', column: added.binding }] };
  }
  const held = fieldType(known, from.fieldId);
  const kept = bindingOf(column, from);
  const renamed: readonly ColumnChange[] =
    from.name === column.name ? [] : [{ kind: 'renamed', column: kept, from: from.name }];
  const change = { column: kept, from: from.type };
  if (sameShape(held, column.type)) {
    const same = from.type === column.declaredType;
    return {
      binding: kept,
      type: held,
      changes: same ? renamed : [...renamed, { kind: 'declared-anew', ...change }],
    };
  }
  if (typeof held === 'string' && typeof column.type === 'string' && isPromotion(held, column.type)) {
    return { binding: kept, type: column.type, changes: [...renamed, { kind: 'widened', ...change }] };
  }
  const retyped = fresh(column, ids);
  return { ...retyped, changes: [...renamed, { kind: 'retyped', column: retyped.binding, from }] };
}

/** The fields that no column has any more, with a word on those that had one the night before. */
function draftRetired(
  live: readonly Draft[],
  before: readonly ColumnBinding[],
  known: KnownTable | undefined,
): readonly Draft[] {
  if (known === undefined) return [];
  const kept = new Set(live.map(({ binding }) => binding.fieldId));
  const told = new Set([
    ...retiredIds(known),
    ...live.flatMap(({ changes }) =>
      changes.flatMap((change) => (change.kind === 'retyped' ? change.from.fieldId : [])),
    ),
  ]);
  return before
    .filter((binding) => !kept.has(binding.fieldId))
    .map((binding) => ({
      binding: { ...binding, retired: true },
      type: fieldType(known, binding.fieldId),
      changes: told.has(binding.fieldId) ? [] : [{ kind: 'dropped', column: binding }],
    }));
}

function retiredIds(known: KnownTable): readonly number[] {
  return known.bindings.filter((binding) => binding.retired).map((binding) => binding.fieldId);
}

function withCompanion(draft: Draft, companions: ReadonlySet<number>, ids: Ids): Draft {
  const { binding } = draft;
  const isNeeded =
    !binding.retired && binding.companionFieldId === undefined && companions.has(binding.attnum);
  return isNeeded ? { ...draft, binding: { ...binding, companionFieldId: ids.next() } } : draft;
}

/** The names that fields have in the lake already, without those of columns that were renamed. */
function heldNames(
  bindings: readonly ColumnBinding[],
  before: readonly ColumnBinding[],
  known: KnownTable | undefined,
): ReadonlyMap<number, string> {
  const namesBefore = new Map(before.map((binding) => [binding.fieldId, binding.name]));
  const renamed = bindings.filter(
    ({ fieldId, name }) => namesBefore.has(fieldId) && namesBefore.get(fieldId) !== name,
  );
  const moved = new Set(renamed.flatMap(({ fieldId, companionFieldId }) => [fieldId, companionFieldId]));
  const fields = known?.schema.fields.filter((field) => !moved.has(field.id)) ?? [];
  return new Map(fields.map((field) => [field.id, field.name]));
}

/** Names that are not what one would expect, and that no other sentence speaks of. */
function displacements(
  drafts: readonly Draft[],
  names: ReadonlyMap<number, string>,
  known: KnownTable | undefined,
): readonly ColumnChange[] {
  if (known === undefined) {
    return drafts
      .filter(({ binding }) => names.get(binding.fieldId) !== binding.name)
      .map(({ binding }) => ({ kind: 'called-otherwise', column: binding }));
  }
  const retired = new Set(retiredIds(known));
  return drafts
    .filter(({ binding }) => retired.has(binding.fieldId))
    .flatMap(({ binding }) => [binding.fieldId, binding.companionFieldId ?? []].flat())
    .flatMap((fieldId): readonly ColumnChange[] => {
      const from = fieldOf(known, fieldId).name;
      return from === names.get(fieldId) ? [] : [{ kind: 'displaced', fieldId, from }];
    });
}

function fresh(column: MappedColumn, ids: Ids): Pick<Draft, 'binding' | 'type'> {
  return { binding: bindingOf(column, { fieldId: ids.next() }), type: withElementId(column.type, 0) };
}

/** Element ids come after the ids of all columns, as Iceberg assigns them. */
function toFields(
  { binding, type }: Draft,
  names: ReadonlyMap<number, string>,
  ids: Ids,
): readonly NestedField[] {
  const settled =
    typeof type === 'object' && type.type === 'list' && type['element-id'] === 0
      ? { ...type, 'element-id': ids.next() }
      : type;
  const field: NestedField = {
    id: binding.fieldId,
    name: names.get(binding.fieldId) ?? binding.name,
    required: false,
    type: settled,
    doc: `${binding.name} ${binding.type}${binding.retired ? ' (dropped or retyped since)' : ''}`,
  };
  if (binding.companionFieldId === undefined) return [field];
  const companion: NestedField = {
    id: binding.companionFieldId,
    name: names.get(binding.companionFieldId) ?? `${binding.name}__raw`,
    required: false,
    type: 'string',
    doc: `Postgres' text of the values of ${binding.name} that ${typeof settled === 'string' ? settled : settled.type} cannot hold`,
  };
  return [field, companion];
}

function settleSchema(schema: Schema, known: KnownTable | undefined): Schema {
  if (known === undefined) return { ...schema, 'schema-id': 0 };
  return JSON.stringify(known.schema.fields) === JSON.stringify(schema.fields) ? known.schema : schema;
}

/** Bindings were compared with the schema when the table was loaded: every field that they name is there. */
function fieldOf(known: KnownTable, fieldId: number): NestedField {
  const field = known.schema.fields.find((candidate) => candidate.id === fieldId);
  if (field === undefined) throw new PermafrostError('unexpected', `the schema has no field ${fieldId}`);
  return field;
}

function fieldType(known: KnownTable, fieldId: number): Type {
  return fieldOf(known, fieldId).type;
}

function sameShape(known: Type, wanted: MappedColumn['type']): boolean {
  if (typeof wanted === 'string') return known === wanted;
  return typeof known === 'object' && known.type === 'list' && known.element === wanted.element;
}

function withElementId(type: MappedColumn['type'], elementId: number): Type {
  if (typeof type === 'string') return type;
  const element: PrimitiveType = type.element;
  return { type: 'list', 'element-id': elementId, element, 'element-required': false };
}

type Ids = { next(): number };

function createIds(last: number): Ids {
  let current = last;
  return { next: () => (current += 1) };
}
