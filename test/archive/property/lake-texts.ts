import { expect } from 'vitest';
import type { ArchivedTable } from '../../../src/archive/night.ts';
import type { LoadedTable } from '../../../src/catalog/catalog.ts';
import type { NestedField, Type } from '../../../src/iceberg/schema.ts';
import {
  bindingsOf,
  fieldsOf,
  latestDataFile,
  readStored,
  type StoredFile,
  textOfStored,
} from './lake-rows.ts';
import { printTexts, type TextRow } from './postgres-texts.ts';
import type { SampleLake } from './sample-lake.ts';
import type { Held } from './sample-types.ts';

/** What the lake holds of a table. */
export type LakeTexts = {
  /** Iceberg types of the columns: `decimal(5, 2)`, `list<int>`. */
  readonly types: readonly string[];
  /** Every value as Postgres prints it, the companion's text where there is one. */
  readonly rows: readonly TextRow[];
  /** Texts in the companion of each column; undefined for a column without one. */
  readonly companions: readonly (readonly (string | null)[] | undefined)[];
};

/** Reads what the latest night holds of the table, and lets Postgres print what it holds. */
export async function readLakeTexts(
  { lake, witness }: SampleLake,
  { lakeTable }: ArchivedTable,
  names: readonly string[],
): Promise<LakeTexts> {
  const loaded = (await lake.catalog.loadTable(lakeTable)) as LoadedTable;
  const stored = await readStored(lake, await latestDataFile(lake, loaded));
  const bindings = names.map((name) => bindingsOf(loaded).find((candidate) => candidate.name === name));
  const fields = bindings.map((binding) => fieldOf(loaded, binding?.fieldId) as NestedField);
  const held = fields.map((field) => ({ held: heldOf(field.type), cells: cellsOf(stored, field) ?? [] }));
  const companions = bindings.map((binding) => cellsOf(stored, fieldOf(loaded, binding?.companionFieldId)));
  const printed = await printTexts(witness, stored.rows, held);
  return {
    types: fields.map(({ type }) => typeName(type)),
    rows: joinCompanions(printed, companions),
    companions,
  };
}

/** A companion's text stands where the column is null, and nowhere else. */
export function joinCompanions(
  rows: readonly TextRow[],
  companions: readonly (readonly (string | null)[] | undefined)[],
): readonly TextRow[] {
  return rows.map((row, index) =>
    row.map((cell, column) => {
      const companion = companions[column]?.[index] ?? null;
      if (companion !== null) expect(cell, 'a value beside its companion').toBeNull();
      return companion ?? cell;
    }),
  );
}

function fieldOf(loaded: LoadedTable, id: number | undefined): NestedField | undefined {
  return fieldsOf(loaded).find((candidate) => candidate.id === id);
}

function cellsOf(stored: StoredFile, field: NestedField | undefined): (string | null)[] | undefined {
  return field && stored.columns.get(field.id)?.map((value) => textOfStored(field.type, value));
}

function typeName(type: Type): string {
  if (typeof type === 'string') return type;
  return type.type === 'list' ? `list<${typeName(type.element)}>` : type.type;
}

/** The Iceberg type tells all that Postgres must know to print the values. */
function heldOf(type: Type): Held {
  const name = typeName(type);
  if (name.startsWith('decimal')) return 'decimal';
  return HELD[name] as Held;
}

const HELD: Readonly<Record<string, Held>> = {
  boolean: 'boolean',
  int: 'integer',
  long: 'integer',
  float: 'float4',
  double: 'float8',
  string: 'text',
  binary: 'bytea',
  date: 'date',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  'list<int>': { listOf: 'int4' },
  'list<long>': { listOf: 'int8' },
  'list<string>': { listOf: 'text' },
};
