import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ArchivedTable } from '../../../src/archive/night.ts';
import type { LoadedTable } from '../../../src/catalog/catalog.ts';
import { compareValues } from '../../../src/iceberg/bounds.ts';
import type { DataFile } from '../../../src/iceberg/data-file.ts';
import type { NestedField, PrimitiveType } from '../../../src/iceberg/schema.ts';
import { fromSingleValueBytes, type SingleValue } from '../../../src/iceberg/single-value.ts';
import {
  bindingsOf,
  fieldsOf,
  listDataFiles,
  readStored,
  type Stored,
  type StoredFile,
  textOfStored,
  unscaledOf,
} from './lake-rows.ts';
import { joinCompanions } from './lake-texts.ts';
import { expectSameRows, type HeldColumn, printTexts, readTexts, type TextRow } from './postgres-texts.ts';
import { checkProperty, searchTime } from './property-run.ts';
import { openSampleLake, type SampleLake } from './sample-lake.ts';
import { createSampleTable, type SampleTable, sampleTables, wideTables } from './sample-table.ts';

/**
 * Any table that Postgres can hold comes back from the lake as Postgres itself prints it: the values that the lake
 * holds are handed to Postgres, which prints them in its own text form, next to what it prints for the table.
 */
const night = '2026-02-28';

let sample: SampleLake;
let tables = 0;

beforeAll(async () => {
  sample = await openSampleLake();
});

afterAll(() => sample.close());

describe('any table', () => {
  test(
    'comes back as Postgres prints it, with true counts and bounds',
    { timeout: searchTime(25) + 60_000 },
    async () => {
      const samples = fc.array(sampleTables(), { minLength: 1, maxLength: 4 });
      const runs = await checkProperty(25, samples, archiveAndCheck);
      console.log(`${runs} nights, ${tables} tables`);
      expect(runs).toBeGreaterThan(3);
    },
  );

  test('with a column of every type comes back as Postgres prints it', { timeout: 120_000 }, async () => {
    const parameters = { numRuns: 3, endOnFailure: true };
    const runs = await checkProperty(60, wideTables, (wide) => archiveAndCheck([wide]), parameters);
    expect(runs).toBeGreaterThan(0);
  });
});

async function archiveAndCheck(samples: readonly SampleTable[]): Promise<void> {
  const { maker, witness } = sample;
  const names = samples.map(() => `t${(tables += 1)}`);
  try {
    for (const [index, table] of samples.entries())
      await createSampleTable(maker, names[index] as string, table);
    const archived = await sample.archive(
      night,
      names.map((name) => `public.${name}`),
    );
    for (const [index, table] of samples.entries()) {
      const name = names[index] as string;
      const printed = await readTexts(
        witness,
        name,
        table.columns.map(({ name: column, type: { prints } }) => ({ name: column, prints })),
      );
      await checkTable(
        table,
        printed,
        archived.find((candidate) => candidate.name === name) as ArchivedTable,
      );
    }
  } finally {
    await sample.drop(names);
  }
}

async function checkTable(
  table: SampleTable,
  printed: readonly TextRow[],
  archived: ArchivedTable,
): Promise<void> {
  const loaded = (await sample.lake.catalog.loadTable(archived.lakeTable)) as LoadedTable;
  const [file, ...more] = await listDataFiles(sample.lake, loaded);
  expect(more).toEqual([]);
  expect(archived.rows).toBe(table.rows);
  const stored = await readStored(sample.lake, file as DataFile);
  checkMetrics(loaded, file as DataFile, stored);

  const columns = table.columns.map(({ name, type }) => {
    const binding = bindingsOf(loaded).find((candidate) => candidate.name === name);
    return { type, fieldId: binding?.fieldId, companionFieldId: binding?.companionFieldId };
  });
  const cellsOf = (fieldId: number | undefined) => {
    const field = fieldsOf(loaded).find((candidate) => candidate.id === fieldId);
    return field === undefined
      ? undefined
      : stored.columns.get(field.id)?.map((value) => textOfStored(field.type, value));
  };
  const values = columns.map(({ type, fieldId }): HeldColumn => ({
    held: type.held,
    cells: cellsOf(fieldId) ?? [],
  }));
  const companions = columns.map(({ companionFieldId }) => cellsOf(companionFieldId));
  const rows = await printTexts(sample.witness, stored.rows, values);
  expectSameRows(joinCompanions(rows, companions), printed);
  expect(archived.specialValues).toEqual(
    table.columns.flatMap(({ name }, index) => {
      const cells = companions[index]?.filter((cell) => cell !== null).length ?? 0;
      const id = columns[index]?.companionFieldId;
      const companion = fieldsOf(loaded).find((field) => field.id === id)?.name;
      return cells === 0 ? [] : [{ column: name, cells, companion }];
    }),
  );
}

function checkMetrics(loaded: LoadedTable, file: DataFile, stored: StoredFile): void {
  expect(file.recordCount).toBe(BigInt(stored.rows));
  expect([...file.partition.values()]).toEqual([Date.parse(night) / 86_400_000]);
  for (const field of fieldsOf(loaded)) {
    const values = stored.columns.get(field.id) ?? [];
    expect(values, field.name).toHaveLength(stored.rows);
    if (typeof field.type === 'string') checkColumnMetrics(file, field, field.type, values);
  }
}

function checkColumnMetrics(
  file: DataFile,
  field: NestedField,
  type: PrimitiveType,
  stored: readonly Stored[],
): void {
  const present = stored.filter((value) => value !== null);
  expect(file.valueCounts.get(field.id), `values of ${field.name}`).toBe(BigInt(stored.length));
  expect(file.nullValueCounts.get(field.id), `nulls of ${field.name}`).toBe(
    BigInt(stored.length - present.length),
  );
  const lower = file.lowerBounds.get(field.id);
  const upper = file.upperBounds.get(field.id);
  expect(lower === undefined, `bounds of ${field.name}`).toBe(upper === undefined);
  const values = present.map((value) => singleValueOf(type, value)).filter((value) => !Number.isNaN(value));
  if (lower === undefined || upper === undefined) {
    // No short text is greater than one that begins with the last code point again and again.
    expect(values.length === 0 || type === 'string' || type === 'binary', `bounds of ${field.name}`).toBe(
      true,
    );
    return;
  }
  for (const value of values) {
    expect(
      compareValues(fromSingleValueBytes(type, lower), value),
      `lower bound of ${field.name}`,
    ).toBeLessThanOrEqual(0);
    expect(
      compareValues(fromSingleValueBytes(type, upper), value),
      `upper bound of ${field.name}`,
    ).toBeGreaterThanOrEqual(0);
  }
}

function singleValueOf(type: PrimitiveType, stored: Stored): SingleValue {
  if (type === 'string') return Buffer.from(stored as Uint8Array).toString();
  if (type.startsWith('decimal')) return unscaledOf(stored);
  return stored as SingleValue;
}
