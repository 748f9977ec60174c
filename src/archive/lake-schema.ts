import type { NestedField, PrimitiveType, Schema, Type } from '../iceberg/schema.ts';
import { isPromotion } from '../iceberg/type-promotion.ts';
import { bindingOf, type ColumnBinding } from './column-binding.ts';
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
  readonly schema: Schema;
  readonly lastColumnId: number;
  readonly tableOid: number;
  readonly bindings: readonly ColumnBinding[];
  /** Of the type contract that the table was created with; empty where the lake does not say. */
  readonly contractVersion: string;
};

export type LakeSchema = {
  /** `schema-id` is the known one when nothing changed, else -1 (assigned by the commit). */
  readonly schema: Schema;
  /** One per live column, in the given order; then the retired ones. */
  readonly bindings: readonly ColumnBinding[];
  /** What changed since the night before, one sentence each. */
  readonly changes: readonly string[];
};

type Draft = {
  readonly binding: ColumnBinding;
  readonly column: MappedColumn | undefined;
  readonly type: Type;
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
  const changes: string[] = [];
  const before = rebind(tableOid, columns, known, changes);
  const live = columns.map((column) => draftLive(column, before, known, ids, changes));
  const kept = new Set(live.map((draft) => draft.binding.fieldId));
  const retired = before
    .filter((binding) => !kept.has(binding.fieldId))
    .map((binding) => {
      if (!binding.retired && !columns.some((column) => column.attnum === binding.attnum)) {
        changes.push(
          `column ${binding.name} was dropped; its field ${binding.fieldId} stays readable in earlier nights`,
        );
      }
      return {
        binding: { ...binding, retired: true },
        column: undefined,
        type: knownType(known, binding.fieldId),
      };
    });
  const drafts: readonly Draft[] = [...live, ...retired].map((draft) =>
    draft.binding.companionFieldId === undefined &&
    companions.has(draft.binding.attnum) &&
    !draft.binding.retired
      ? { ...draft, binding: { ...draft.binding, companionFieldId: ids.next() } }
      : draft,
  );
  const schema = settleSchema(
    { type: 'struct', 'schema-id': -1, fields: [DT_FIELD, ...toFields(drafts, ids)] },
    known,
  );
  return { schema, bindings: drafts.map((draft) => draft.binding), changes };
}

/** The bindings to match against: as known, or by name where the table is not the same one any more. */
function rebind(
  tableOid: number,
  columns: readonly MappedColumn[],
  known: KnownTable | undefined,
  changes: string[],
): readonly ColumnBinding[] {
  if (known === undefined || known.tableOid === tableOid) return known?.bindings ?? [];
  changes.push(
    `the table was dropped and re-created (oid ${known.tableOid} before, ${tableOid} now); its columns were matched by name`,
  );
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
  changes: string[],
): Draft {
  const binding = before.find((candidate) => !candidate.retired && candidate.attnum === column.attnum);
  if (binding === undefined) {
    if (known !== undefined) changes.push(`column ${column.name} (${column.declaredType}) was added`);
    return fresh(column, ids);
  }
  if (binding.name !== column.name) changes.push(`column ${binding.name} was renamed to ${column.name}`);
  const type = knownType(known, binding.fieldId);
  if (sameShape(type, column.type)) return { binding: bindingOf(column, binding), column, type };
  if (typeof type === 'string' && typeof column.type === 'string' && isPromotion(type, column.type)) {
    changes.push(`column ${column.name} was widened from ${binding.type} to ${column.declaredType}`);
    return { binding: bindingOf(column, binding), column, type: column.type };
  }
  changes.push(
    `column ${column.name} changed its type from ${binding.type} to ${column.declaredType}; it is a new field, the old one (${binding.fieldId}) stays readable in earlier nights`,
  );
  return fresh(column, ids);
}

function fresh(column: MappedColumn, ids: Ids): Draft {
  return { binding: bindingOf(column, { fieldId: ids.next() }), column, type: withElementId(column.type, 0) };
}

/** Element ids come after the ids of all columns, as Iceberg assigns them. */
function toFields(drafts: readonly Draft[], ids: Ids): readonly NestedField[] {
  const lists = drafts.filter(({ type }) => typeof type === 'object').map(({ binding }) => binding.fieldId);
  const names = nameFields(
    drafts.map((draft) => draft.binding),
    new Set(lists),
  );
  return drafts.flatMap((draft) => {
    const { binding } = draft;
    const type = draft.type;
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
  });
}

function settleSchema(schema: Schema, known: KnownTable | undefined): Schema {
  if (known === undefined) return { ...schema, 'schema-id': 0 };
  return JSON.stringify(known.schema.fields) === JSON.stringify(schema.fields) ? known.schema : schema;
}

function knownType(known: KnownTable | undefined, fieldId: number): Type {
  const field = known?.schema.fields.find((candidate) => candidate.id === fieldId);
  return field?.type ?? 'string';
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
