import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LoadedTable } from '../../src/catalog/catalog.ts';
import { printType, type Type } from '../../src/iceberg/schema.ts';
import { openSampleLake, type SampleLake } from '../archive/property/sample-lake.ts';
import { expectSameRows } from '../archive/property/postgres-texts.ts';
import { type LakeReader, readers, startLakeReader } from './lake-reader.ts';
import { findPython } from './python-environment.ts';
import { addNight, expectedRows, type LifeStage, printFields } from './table-life.ts';
import { yearBook } from './year-book.ts';

/**
 * A table and its neighbours through thirty nights, each with a change between it and the one before. What Postgres
 * held is asked for after every night; at the end engines that share no code with us read every snapshot under the
 * schema it was written with, and every night under the schema of today.
 */
const python = await findPython();
const tables = ['ledger', 'branch', 'office', 'ledger_old', 'ledger_next'] as const;

/** What the night of each entry said of each table, and how it left the fields of the ledger. */
type Outcome = {
  readonly report: Readonly<Record<string, readonly string[]>>;
  readonly fields: ReturnType<typeof printFields>;
};

const none: Outcome['fields'] = { live: [], retired: [] };

let sample: SampleLake;
let reader: LakeReader;
const outcomes: Outcome[] = [];
/** SHA-256 of every file of the lake as it was when it was new; the hint alone may move. */
const written = new Map<string, string>();
const lives = new Map<string, LifeStage[]>();

describe.skipIf(python === undefined)('thirty nights', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    sample = await openSampleLake();
    for (const { night, sql } of yearBook) {
      await sample.maker.query(sql);
      outcomes.push(await archiveNight(night));
      await digestNewFiles();
    }
    reader = startLakeReader(python as string);
  }, 120_000);

  afterAll(async () => {
    reader?.close();
    await sample?.close();
  });

  test('are thirty', () => {
    expect(new Set(yearBook.map((entry) => entry.night)).size).toBe(30);
  });

  test.for(yearBook.map((entry, index) => [entry.night, entry.what, index] as const))(
    '%s: %s',
    ([, , index]) => {
      const { report = {}, live, retired = '' } = yearBook[index] ?? {};
      const before = outcomes[index - 1]?.fields ?? none;
      const { fields: after, report: said } = outcomes[index] as Outcome;
      expect(said).toEqual(report);
      expect(after.live.join(' ')).toBe(live ?? before.live.join(' '));
      expect(after.retired.filter((field) => !before.retired.includes(field)).join(' ')).toBe(retired);
      const left = [...after.live, ...after.retired].map(fieldId);
      expect([...before.live, ...before.retired].filter((field) => !left.includes(fieldId(field)))).toEqual(
        [],
      );
    },
  );

  test('a field is of one column for ever: it never comes back once it is retired, and its type only grows', () => {
    const gone = new Set<string>();
    for (const { fields } of outcomes) {
      expect(fields.live.map(fieldId).filter((id) => gone.has(id))).toEqual([]);
      for (const field of fields.retired) gone.add(fieldId(field));
    }
    for (const [id, types] of typesOf(lives.get('ledger') ?? [])) {
      const steps = types
        .slice(1)
        .map((type, index) => `${printType(types[index] as Type)} → ${printType(type)}`);
      const grown = /^(int → long|float → double|decimal\(\d+, 2\) → decimal\(\d+, 2\))$/;
      expect(
        steps.filter((step) => !grown.test(step)),
        `field ${id}`,
      ).toEqual([]);
    }
  });

  test('no later night touches what an earlier one wrote', async () => {
    expect(written.size).toBeGreaterThan(yearBook.length * 4);
    for (const [path, digest] of written) expect(await digestOf(path), path).toBe(digest);
    for (const [name, life] of lives) {
      const { metadata } = (await sample.lake.catalog.loadTable(name)) as LoadedTable;
      const kept = metadata.snapshots.map((snapshot) => String(snapshot['snapshot-id']));
      expect(kept).toEqual(life.map(({ snapshotId }) => snapshotId));
    }
  });

  describe.each(readers)('%s', (engine) => {
    test.for(tables)('reads every snapshot of %s under the schema it was written with', async (table) => {
      for (const { folder, snapshotId, schema, nights } of lives.get(table) ?? []) {
        const read = await reader.readRows({ reader: engine, table: folder }, { snapshot: snapshotId });
        const message = `${table} as of ${[...nights.keys()].at(-1)}`;
        expect(read.columns, message).toEqual(schema.fields.map((field) => field.name));
        expectSameRows(read.rows, expectedRows(schema, nights.values()), message);
      }
    });

    test.for(tables)('reads every night of %s by dt under the schema of today', async (table) => {
      const today = lives.get(table)?.at(-1);
      if (today === undefined) throw new Error(`${table} was never archived`);
      for (const [night, truth] of today.nights) {
        const read = await reader.readRows({ reader: engine, table: today.folder }, { night });
        expect(read.columns).toEqual(today.schema.fields.map((field) => field.name));
        expectSameRows(read.rows, expectedRows(today.schema, [truth]), `${table} on ${night}`);
        // Only PyIceberg tells, and a file without rows it does not open.
        expect(read.files).toBe(engine === 'duckdb' ? null : Math.min(truth.rows, 1));
      }
    });

    test('skips no file of before a promotion for its narrower bounds', async () => {
      const today = lives.get('ledger')?.at(-1) as LifeStage;
      const rows = [...today.nights.values()].reduce((sum, truth) => sum + truth.rows, 0);
      // Grown from int, int again, numeric(8,2) and numeric(10,2).
      for (const column of ['id', 'a__15', 'price__6', 'price']) {
        const table = { reader: engine, table: today.folder, columns: [column] };
        expect(await reader.checkPruning(table), column).toEqual({ rows, conditions: 3, wrong: [] });
      }
    });
  });
});

async function archiveNight(night: string): Promise<Outcome> {
  const report: Record<string, readonly string[]> = {};
  for (const archived of await sample.archive(night, ['public.*'])) {
    const { lakeTable, schemaChanges } = archived;
    const loaded = (await sample.lake.catalog.loadTable(lakeTable)) as LoadedTable;
    const life = lives.get(lakeTable) ?? [];
    lives.set(lakeTable, [...life, await addNight(life.at(-1), sample.witness, night, archived, loaded)]);
    if (schemaChanges.length > 0) report[lakeTable] = schemaChanges.map(withoutOids);
  }
  return { report, fields: printFields((await sample.lake.catalog.loadTable('ledger')) as LoadedTable) };
}

async function digestNewFiles(): Promise<void> {
  for await (const { path } of sample.lake.store.list('iceberg/')) {
    if (path.endsWith('version-hint.text') || written.has(path)) continue;
    written.set(path, await digestOf(path));
  }
}

async function digestOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await sample.lake.store.get(path))
    .digest('hex');
}

/** The types that each field had one after the other. */
function typesOf(life: readonly LifeStage[]): ReadonlyMap<number, readonly Type[]> {
  const types = new Map<number, Type[]>();
  for (const { id, type } of life.flatMap(({ schema }) => schema.fields)) {
    const had = types.get(id) ?? [];
    if (!isDeepStrictEqual(had.at(-1), type)) types.set(id, [...had, type]);
  }
  return types;
}

function fieldId(printed: string): string {
  return printed.slice(printed.lastIndexOf('=') + 1);
}

function withoutOids(sentence: string): string {
  return sentence.replace(/oid \d+ before, \d+ now/, 'oid X before, Y now').replace(/oid \d+/, 'oid X');
}
