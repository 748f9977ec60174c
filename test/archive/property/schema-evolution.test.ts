import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LoadedTable } from '../../../src/catalog/catalog.ts';
import type { NestedField } from '../../../src/iceberg/schema.ts';
import { bindingsOf, queryTexts } from './lake-rows.ts';
import { expectSameRows, printTexts, readTexts, type TextRow } from './postgres-texts.ts';
import { checkProperty, searchTime } from './property-run.ts';
import { openSampleLake, type SampleLake } from './sample-lake.ts';
import { createSampleTable, insertRows, type SampleTable, sampleTables } from './sample-table.ts';
import { changeSchema, type LiveColumn, type SchemaChange, schemaChanges } from './schema-change.ts';

/** Two nights with any ALTER TABLE between them: each night reads as Postgres printed the table then. */
const nights = ['2026-02-27', '2026-02-28'] as const;

/** A column as one night archived it. */
type NightColumn = LiveColumn & { readonly fieldId: number; readonly companionFieldId: number | undefined };

let sample: SampleLake;
let tables = 0;

beforeAll(async () => {
  sample = await openSampleLake();
});

afterAll(() => sample.close());

test(
  'two nights with schema changes in between stay readable, per dt and as of each night',
  { timeout: searchTime(25) + 60_000 },
  async () => {
    const nightPairs = fc.tuple(sampleTables(1), schemaChanges, sampleTables(), fc.boolean());
    const runs = await checkProperty(25, nightPairs, (pair) => checkTwoNights(...pair));
    console.log(`${runs} pairs of nights`);
    expect(runs).toBeGreaterThan(3);
  },
);

async function checkTwoNights(
  table: SampleTable,
  changes: readonly SchemaChange[],
  later: SampleTable,
  recreate: boolean,
): Promise<void> {
  const { maker } = sample;
  const name = `t${(tables += 1)}`;
  try {
    await createSampleTable(maker, name, table);
    const created = table.columns.map(({ name: column, type }, index): LiveColumn => ({
      attnum: index + 1,
      name: column,
      type,
      keepsField: true,
    }));
    const first = await archiveNight(name, nights[0], created);

    const changed = await changeSchema(maker, name, created, changes);
    await addRows(name, changed, later);
    const second = await archiveNight(name, nights[1], changed);

    for (const column of second.columns) {
      const before = first.columns.find((candidate) => candidate.attnum === column.attnum);
      const kept = before?.fieldId === column.fieldId;
      expect(kept, `${column.name} keeps its field`).toBe(column.keepsField);
    }
    await checkNight(name, nights[0], first);
    await checkNight(name, nights[1], second);
    if (recreate) await checkRecreated(name, table, second);
  } finally {
    await sample.drop([name]);
  }
}

type FrozenNight = { readonly columns: readonly NightColumn[]; readonly printed: readonly TextRow[] };

async function archiveNight(name: string, night: string, live: readonly LiveColumn[]): Promise<FrozenNight> {
  await sample.archive(night, [`public.${name}`]);
  const bindings = bindingsOf((await sample.lake.catalog.loadTable(name)) as LoadedTable);
  const columns = live.map((column): NightColumn => {
    const binding = bindings.find((candidate) => !candidate.retired && candidate.attnum === column.attnum);
    expect(binding?.name).toBe(column.name);
    return { ...column, fieldId: binding?.fieldId ?? 0, companionFieldId: binding?.companionFieldId };
  });
  const printed = await readTexts(
    sample.witness,
    name,
    live.map(({ name: column, type: { prints } }) => ({ name: column, prints })),
  );
  return { columns, printed };
}

/** Rows for the columns that still have the name and type that the sample was made for. */
async function addRows(name: string, live: readonly LiveColumn[], later: SampleTable): Promise<void> {
  const fitting = later.columns.filter((column) =>
    live.some((candidate) => candidate.name === column.name && candidate.type.sql === column.type.sql),
  );
  await insertRows(sample.maker, name, later.rows, fitting);
}

/** Reads the night by its dt under the current schema, and as of the night under the schema that it was written with. */
async function checkNight(name: string, night: string, frozen: FrozenNight): Promise<void> {
  const ids = frozen.columns.flatMap(({ fieldId, companionFieldId }) => [fieldId, companionFieldId]);
  const fieldsById = (fields: readonly NestedField[]) =>
    ids.flatMap((id) => fields.find((field) => field.id === id) ?? []);
  for (const options of [{ where: `dt = DATE '${night}'` }, { asOf: night }]) {
    const rows = await queryTexts(sample.lake, name, options, fieldsById);
    expectSameRows(await printNight(rows, frozen.columns), frozen.printed, JSON.stringify(options));
  }
}

async function printNight(
  rows: readonly TextRow[],
  columns: readonly NightColumn[],
): Promise<readonly TextRow[]> {
  const widths = columns.map(({ companionFieldId }) => (companionFieldId === undefined ? 1 : 2));
  const starts = widths.map((_, index) => widths.slice(0, index).reduce((sum, width) => sum + width, 0));
  const values = columns.map(({ type }, index) => ({
    held: type.held,
    cells: rows.map((row) => row[starts[index] as number] ?? null),
  }));
  const printed = await printTexts(sample.witness, rows.length, values);
  return printed.map((row, index) =>
    row.map((cell, column) => {
      if (widths[column] === 1) return cell;
      return rows[index]?.[(starts[column] as number) + 1] ?? cell;
    }),
  );
}

/** A table of the same name that is made anew: same names are the same fields, and nothing of before is lost. */
async function checkRecreated(name: string, table: SampleTable, second: FrozenNight): Promise<void> {
  await sample.maker.query(`DROP TABLE ${name}`);
  await createSampleTable(sample.maker, name, table);
  const live = table.columns.map(({ name: column, type }, index): LiveColumn => ({
    attnum: index + 1,
    name: column,
    type,
    keepsField: true,
  }));
  const third = await archiveNight(name, '2026-03-01', live);
  for (const column of third.columns) {
    const before = second.columns.find((candidate) => candidate.name === column.name);
    if (before?.type.sql === column.type.sql) expect(column.fieldId).toBe(before.fieldId);
  }
  await checkNight(name, nights[1], second);
  await checkNight(name, '2026-03-01', third);
}
