import { beforeAll, expect, type TestContext, test } from 'vitest';
import type { TableResult } from '../../src/archive/night.ts';
import { createSampleTable } from '../archive/property/sample-table.ts';
import { type Bench, NIGHT, useBench } from './bench.ts';
import { describeServers } from './servers.ts';

/** A column of a table, with the values that something could go wrong with. */
export type BadColumn = {
  readonly type: string;
  /** The Iceberg type that it must get. */
  readonly lake: string;
  /** Texts that the type's cast takes; null is NULL. */
  readonly values: readonly (string | null)[];
  /** SQL of the value whose text is `v`; a plain cast unless told. */
  readonly cast?: string;
  /** SQL of what the lake must hold of the value `v`; what Postgres prints for it unless told. */
  readonly prints?: string;
  /** How many of the values go to the companion column. */
  readonly special?: number;
};

export type BadInput = {
  /** Begins with its number in the list of bad inputs. */
  readonly name: string;
  readonly columns: readonly BadColumn[];
  /** The first major version that has such values. */
  readonly since?: number;
};

export type BadInputs = {
  readonly cases: readonly BadInput[];
  /** SQL of what the tables need. */
  readonly definitions?: string;
  readonly extensions?: readonly string[];
};

/**
 * One table for each case, all in one night of each server. A table must be in the lake as Postgres prints it, and must
 * come back byte for byte; where special values fail a table instead, it must not be there at all.
 */
export function describeBadInputs(
  { cases, definitions = '', extensions = [] }: BadInputs,
  more: (bench: Bench) => void = () => undefined,
): void {
  describeServers((server) => {
    const created = extensions.map((name) => `CREATE EXTENSION ${name}`).join('; ');
    const source = { definitions: `${created}; ${definitions}` };
    const bench = useBench(server, source, extensions);
    const tables = cases
      .filter(({ since = 0 }) => since <= server.major)
      .map((input, index) => ({ ...input, table: `t${index}` }));
    let strict: readonly TableResult[] = [];
    let results: readonly TableResult[] = [];

    beforeAll(async () => {
      if (bench.missing.length > 0 || tables.length === 0) return;
      const { sample } = bench;
      for (const { table, columns } of tables)
        await createSampleTable(sample.maker, table, toSampleTable(columns));
      const patternsOf = (chosen: readonly (typeof tables)[number][]) =>
        chosen.map(({ table }) => `public.${table}`);
      const special = tables.filter(hasSpecial);
      if (special.length > 0)
        strict = await sample.attempt(NIGHT, patternsOf(special), { specialValues: 'fail' });
      results = await sample.attempt(NIGHT, patternsOf(tables), {});
    });

    test.for(tables)('$name', async (input, context) => {
      skipWithout(context, bench);
      expect(results.map(({ name }) => name)).toContain(input.table);
      await expectSafe(bench, input, resultOf(results, input.table));
      if (hasSpecial(input)) expectRefused(input, resultOf(strict, input.table));
    });
    more(bench);
  });
}

/** The run names what the server does not have. */
export function skipWithout({ skip }: TestContext, { missing }: Bench): void {
  skip(missing.length > 0, `this server does not have the extension ${missing.join(', ')}`);
}

type Result = TableResult | undefined;

async function expectSafe(bench: Bench, { columns }: BadInput, result: Result): Promise<void> {
  if (result?.kind !== 'archived') throw new Error(`not archived: ${result?.code} ${result?.message}`);
  const texts = await bench.expectKept(
    result,
    columns.map(({ prints }, index) => ({ name: nameOf(index), prints })),
  );
  expect(texts.types).toEqual(columns.map(({ lake }) => lake));
  const cells = texts.companions.map((companion) => companion?.filter((text) => text !== null).length ?? 0);
  expect(cells).toEqual(columns.map(({ special = 0 }) => special));
  expect(result.specialValues).toEqual(
    columns.flatMap(({ special = 0 }, index) =>
      special === 0 ? [] : [{ column: nameOf(index), companion: `${nameOf(index)}__raw`, cells: special }],
    ),
  );
}

/** The stream stops at the first batch that has such values, so that not every column need be named. */
function expectRefused({ columns }: BadInput, result: Result): void {
  expect(result).toMatchObject({ kind: 'failed', code: 'value-unrepresentable' });
  const special = columns.flatMap((column, index) => (column.special === undefined ? [] : [nameOf(index)]));
  const message = result?.kind === 'failed' ? result.message : '';
  const named = message.match(/\bc\d+\b/g) ?? [];
  expect(named).not.toEqual([]);
  expect(special).toEqual(expect.arrayContaining(named));
}

function hasSpecial({ columns }: BadInput): boolean {
  return columns.some(({ special = 0 }) => special > 0);
}

function resultOf(results: readonly TableResult[], table: string): Result {
  return results.find(({ name }) => name === table);
}

function toSampleTable(columns: readonly BadColumn[]) {
  return {
    rows: Math.max(0, ...columns.map(({ values }) => values.length)),
    columns: columns.map(({ type, values, cast }, index) => ({
      name: nameOf(index),
      type: { sql: type, ...(cast === undefined ? {} : { cast }) },
      values,
    })),
  };
}

function nameOf(index: number): string {
  return `c${index}`;
}
