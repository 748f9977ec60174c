import { assertNever } from '../errors.ts';
import type { ColumnBinding } from './column-binding.ts';

/** What became of a column since the night before. `from` is what it was then. */
export type ColumnChange =
  | { readonly kind: 'added'; readonly column: ColumnBinding }
  | { readonly kind: 'renamed'; readonly column: ColumnBinding; readonly from: string }
  /** Another type in Postgres, the same one in the lake. */
  | { readonly kind: 'declared-anew'; readonly column: ColumnBinding; readonly from: string }
  /** A type that its field grew to hold. */
  | { readonly kind: 'widened'; readonly column: ColumnBinding; readonly from: string }
  /** A type that its field cannot hold. */
  | { readonly kind: 'retyped'; readonly column: ColumnBinding; readonly from: ColumnBinding }
  | { readonly kind: 'dropped'; readonly column: ColumnBinding }
  /** A column of the source took the name that this field had in the lake. */
  | { readonly kind: 'displaced'; readonly fieldId: number; readonly from: string }
  /** The lake cannot call it as Postgres does; told when the table is new. */
  | { readonly kind: 'called-otherwise'; readonly column: ColumnBinding };

/** The change in one sentence. `names` are the fields' names in the lake from tonight on. */
export function describeColumnChange(change: ColumnChange, names: ReadonlyMap<number, string>): string {
  switch (change.kind) {
    case 'added':
      return `column ${change.column.name} (${change.column.type}) was added${andCalled(change.column, names)}`;
    case 'renamed':
      return `column ${change.from} was renamed to ${change.column.name}${andCalled(change.column, names)}`;
    case 'declared-anew':
      return `column ${change.column.name} changed its type from ${change.from} to ${change.column.type}; its field holds both`;
    case 'widened':
      return `column ${change.column.name} was widened from ${change.from} to ${change.column.type}`;
    case 'retyped':
      return (
        `column ${change.column.name} changed its type from ${change.from.type} to ${change.column.type}; ` +
        `it is a new field, the old one ${whereabouts(change.from, names)}`
      );
    case 'dropped':
      return `column ${change.column.name} was dropped; its field ${whereabouts(change.column, names)}`;
    case 'displaced':
      return `the lake's column ${change.from} (field ${change.fieldId}) is called ${names.get(change.fieldId)} now`;
    case 'called-otherwise':
      return `column ${change.column.name} is called ${names.get(change.column.fieldId)} in the lake`;
    default:
      return assertNever(change);
  }
}

function andCalled({ fieldId, name }: ColumnBinding, names: ReadonlyMap<number, string>): string {
  const inLake = names.get(fieldId);
  return inLake === name ? '' : `, and is called ${inLake} in the lake`;
}

function whereabouts({ fieldId }: ColumnBinding, names: ReadonlyMap<number, string>): string {
  return `(${fieldId}) keeps its earlier nights readable as ${names.get(fieldId)}`;
}
