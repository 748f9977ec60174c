import fc from 'fast-check';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { mapColumns } from '../../../src/archive/mapped-column.ts';
import { TYPE_CONTRACT_VERSION, typeContractOf } from '../../../src/archive/type-contract.ts';
import type { DecodedBatch } from '../../../src/postgres/copy/batch-builder.ts';
import { parseSourceUrl } from '../../../src/postgres/connection-settings.ts';
import { whereBlocks } from '../../../src/postgres/block-range.ts';
import { copyStatement, copyTable, type CopyResult } from '../../../src/postgres/copy/copy-stream.ts';
import { describeTable } from '../../../src/postgres/describe-table.ts';
import { readQuery } from '../../../src/postgres/copy/query-stream-reader.ts';
import { openSession, type Session } from '../../../src/postgres/session.ts';
import type { WireColumn, WireType } from '../../../src/postgres/copy/wire-column.ts';
import { checkProperty, searchTime } from '../../archive/property/property-run.ts';
import {
  createSampleTable,
  type SampleTable,
  sampleTables,
  wideTables,
} from '../../archive/property/sample-table.ts';
import { TYPE_DEFINITIONS } from '../../archive/property/sample-types.ts';
import { wireColumn } from './copy-bytes.ts';
import { type Cell, columnsOf } from './copy-cells.ts';
import { createTestDatabase, runSql, withClient } from '../test-server.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const doing = 'reading t';
const text: WireType = { kind: 'text' };
const batchSizes = fc.constantFrom(100, 1000, 2 ** 20);

type Read = { readonly columns: Cell[][]; readonly types: readonly string[]; readonly result: CopyResult };

async function drain(reader: AsyncGenerator<DecodedBatch, CopyResult>): Promise<Read> {
  const batches: DecodedBatch[] = [];
  for (let step = await reader.next(); ; step = await reader.next()) {
    if (step.done === true) {
      const types = (batches[0]?.columns ?? []).map(({ type }) => JSON.stringify(type));
      return { columns: columnsOf(batches), types, result: step.value };
    }
    expect(step.value.columns.map(({ length }) => length)).toEqual(
      step.value.columns.map(() => step.value.rows),
    );
    batches.push(step.value);
  }
}

/** What both readers make of a SELECT. */
async function readTwice(
  client: pg.Client,
  select: string,
  columns: readonly WireColumn[],
  batchBytes: number,
): Promise<Read> {
  const copied = await drain(
    copyTable(client, copyStatement(select), columns, { batchBytes, doing, stallTimeoutMs: 20_000 }),
  );
  const queried = await drain(readQuery(client, select, columns, { batchBytes, doing }));
  expect(copied.columns).toEqual(queried.columns);
  expect(copied.types).toEqual(queried.types);
  expect(copied.result.specialCells).toEqual(queried.result.specialCells);
  expect(copied.result.rows).toBe(queried.result.rows);
  return copied;
}

/** A table of any types, in sessions as an archive has them. */
describe('a generated table', () => {
  let url: string;
  let maker: pg.Client;
  let session: Session;

  beforeAll(async () => {
    url = await createTestDatabase();
    await runSql(url, TYPE_DEFINITIONS);
    maker = new pg.Client({ connectionString: url });
    await maker.connect();
    await maker.query("SET TimeZone = 'UTC'");
    session = await openSession(parseSourceUrl(url), { applicationName: 'two readers' });
  });

  afterAll(async () => {
    await session.close();
    await maker.end();
  });

  /** Makes the table, and reads it as an archive does; gives the types of the system that it has. */
  async function compareReaders(table: SampleTable, batchBytes: number): Promise<readonly string[]> {
    await maker.query('DROP TABLE IF EXISTS t');
    await createSampleTable(maker, 't', table);
    const { columns } = await describeTable(session, { schema: 'public', name: 't' });
    const wire = mapColumns(columns, TYPE_CONTRACT_VERSION).map((column) => ({
      ...column,
      nullable: true,
      companion: true,
    }));
    const select = `SELECT ${wire.map(({ expression }) => expression).join(', ')} FROM ONLY public.t`;
    const { result } = await readTwice(session.client, select, wire, batchBytes);
    expect(result.rows).toBe(table.rows);
    return columns.flatMap(({ builtIn, baseTypeName }) => (builtIn ? [baseTypeName] : []));
  }

  test(
    'COPY BINARY and text output give equal Arrow, whatever the table holds',
    { timeout: searchTime(10) + 60_000 },
    async () => {
      const runs = await checkProperty(10, fc.tuple(sampleTables(1), batchSizes), async ([table, bytes]) => {
        await compareReaders(table, bytes);
      });
      expect(runs).toBeGreaterThan(3);
    },
  );

  test(
    'a table read in chunks gives the rows of the whole, to either reader',
    { timeout: searchTime(10) + 60_000 },
    async () => {
      const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 });
      const runs = await checkProperty(10, fc.tuple(sampleTables(1), cuts), async ([table, cutAt]) => {
        await maker.query('DROP TABLE IF EXISTS t');
        await createSampleTable(maker, 't', table);
        // Many blocks, with gaps: those of rows that are gone.
        await maker.query('INSERT INTO t SELECT t.* FROM t, generate_series(1, 200)');
        await maker.query("DELETE FROM t WHERE hashtext(ctid::text) % 3 = 0 OR ctid < '(1,0)'");
        const { columns, heapBlocks } = await describeTable(session, { schema: 'public', name: 't' });
        const wire = mapColumns(columns, TYPE_CONTRACT_VERSION).map((column) => ({
          ...column,
          nullable: true,
          companion: true,
        }));
        const select = `SELECT ${wire.map(({ expression }) => expression).join(', ')} FROM ONLY public.t`;
        const whole = await readTwice(session.client, select, wire, 1000);
        const ends = [0, ...cutAt.map((cut) => Math.floor(cut * heapBlocks)).toSorted((a, b) => a - b)];
        const parts: Read[] = [];
        for (const [index, from] of ends.entries())
          parts.push(
            await readTwice(session.client, select + whereBlocks({ from, to: ends[index + 1] }), wire, 1000),
          );
        expect(parts.reduce((sum, { result }) => sum + result.rows, 0)).toBe(whole.result.rows);
        expect(whole.columns.map((_, column) => parts.flatMap((part) => part.columns[column] ?? []))).toEqual(
          whole.columns,
        );
      });
      expect(runs).toBeGreaterThan(1);
    },
  );

  test('every type of the contract is read alike', { timeout: 120_000 }, async () => {
    const read = new Set<string>();
    const parameters = { numRuns: 5, endOnFailure: true };
    const compare = async ([table, bytes]: [SampleTable, number]): Promise<void> => {
      for (const type of await compareReaders(table, bytes)) read.add(type);
    };
    await checkProperty(60, fc.tuple(wideTables, batchSizes), compare, parameters);
    const contract = typeContractOf(TYPE_CONTRACT_VERSION)
      .rules.flatMap(({ types }) => types)
      .filter((type) => !type.includes(' '));
    expect(contract.filter((type) => !read.has(type))).toEqual([]);
  });
});

async function withUtcClient(use: (client: pg.Client) => Promise<void>): Promise<void> {
  await withClient(await createTestDatabase(), async (client) => {
    await client.query("SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'");
    await use(client);
  });
}

/** A SELECT of values whose texts are given. */
function selectValues(type: string, texts: readonly (string | null)[]): string {
  const values = texts.map((value) => (value === null ? 'NULL' : `'${value}'`)).join(', ');
  return `SELECT v::${type} AS c0 FROM unnest(ARRAY[${values}]::text[]) WITH ORDINALITY AS u (v, n) ORDER BY n`;
}

test('numerics that are not in the digits of a decimal are special to both', async () => {
  const values = fc.oneof(
    fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map((value) => `${value}e-7`),
    fc.constantFrom('NaN', 'Infinity', '-Infinity', '0.000', '1e30', '-1e-30', '100000'),
  );
  const columns = [wireColumn('c0', { kind: 'numeric', precision: 20, scale: 5 }, { companion: true })];
  await withUtcClient(async (client) => {
    const runs = await checkProperty(
      20,
      fc.array(values, { minLength: 1, maxLength: 40 }),
      async (texts) => {
        await readTwice(client, selectValues('numeric', texts), columns, 1000);
      },
      { numRuns: 30 },
    );
    expect(runs).toBe(30);
  });
});

test('B02, B03, B04, B08: dates and times are the instants that the server counts, in any time zone of ours', async () => {
  vi.stubEnv('TZ', 'America/New_York');
  const days = [
    '4713-01-01 BC',
    '0001-01-01 BC',
    '0001-01-01',
    '1500-02-28',
    '1582-10-10',
    '1969-12-31',
    '12024-02-29',
    '5874897-12-31',
  ];
  const instants = [
    '4713-01-01 00:00:00+00 BC',
    '1883-11-18 17:00:00.000001+00',
    '2024-11-03 05:30:00+00',
    '2024-11-03 06:30:00+00',
    '294246-12-31 23:59:59.999999+00',
  ];
  await withUtcClient(async (client) => {
    const dates = selectValues('date', days);
    const dateColumn = await readTwice(client, dates, [wireColumn('c0', { kind: 'date' })], 2 ** 20);
    const counted = await client.query(`SELECT c0 - date '1970-01-01' AS days FROM (${dates}) AS t`);
    expect(dateColumn.columns[0]).toEqual(counted.rows.map(({ days: count }) => Number(count)));
    const times = selectValues('timestamptz', instants);
    const columns = [wireColumn('c0', { kind: 'timestamp', utc: true })];
    const instantColumn = await readTwice(client, times, columns, 2 ** 20);
    const epochs = await client.query(
      `SELECT trunc(extract(epoch FROM c0) * 1000000)::text AS us FROM (${times}) AS t`,
    );
    expect(instantColumn.columns[0]).toEqual(epochs.rows.map(({ us }) => BigInt(us)));
    expect(instantColumn.types[0]).toContain('"timezone":"UTC"');
  });
});

test('B10, B25: long numerics and odd JSON are exact as text', async () => {
  const values = [`-${'9'.repeat(1000)}.${'1'.repeat(500)}`, '1e-1000', null];
  const documents = ['{"a":1,"a":2}', ' [1e400, 18446744073709551616, "\\u0000"] ', 'null'];
  await withUtcClient(async (client) => {
    const numerics = selectValues('numeric', values).replace('AS c0', '::text');
    const read = await readTwice(client, numerics, [wireColumn('c0', text)], 2 ** 20);
    expect(read.columns[0]).toEqual([values[0], `0.${'0'.repeat(999)}1`, null]);
    const odd = await readTwice(client, selectValues('json', documents), [wireColumn('c0', text)], 2 ** 20);
    expect(odd.columns[0]).toEqual(documents);
  });
});

test('the second reader refuses what the first does: special values without a companion, another time zone, an error', async () => {
  await withUtcClient(async (client) => {
    const read = (query: string, wire: WireType): Promise<Read> =>
      drain(readQuery(client, query, [wireColumn('a', wire)], { batchBytes: 1000, doing: 'reading t' }));
    await expect(read("SELECT 'infinity'::date", { kind: 'date' })).rejects.toMatchObject({ columns: ['a'] });
    await expect(read('SELECT a FROM missing', text)).rejects.toMatchObject({ code: 'table-not-found' });
    await expect(read('SELECT 1, 2', text)).rejects.toMatchObject({ code: 'protocol' });
    await client.query("SET TimeZone = 'Asia/Kathmandu'");
    await expect(read('SELECT now()', { kind: 'timestamp', utc: true })).rejects.toMatchObject({
      code: 'protocol',
    });
  });
});

test('the second reader stops in the middle, by return and by the signal, and leaves the connection free', async () => {
  await withUtcClient(async (client) => {
    const query = 'SELECT i FROM generate_series(1, 1000000) i';
    const columns = [wireColumn('i', { kind: 'int4' })];
    for await (const batch of readQuery(client, query, columns, { batchBytes: 1000, doing: 'reading t' })) {
      expect(batch.rows).toBeGreaterThan(0);
      break;
    }
    const controller = new AbortController();
    const reader = readQuery(client, query, columns, {
      batchBytes: 1000,
      doing: 'reading t',
      signal: controller.signal,
    });
    await reader.next();
    controller.abort();
    await expect(drain(reader)).rejects.toMatchObject({ code: 'cancelled' });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});
