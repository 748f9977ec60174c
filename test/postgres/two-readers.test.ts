import * as fc from 'fast-check';
import type pg from 'pg';
import { afterEach, expect, test, vi } from 'vitest';
import type { DecodedBatch } from '../../src/postgres/batch-builder.ts';
import { copyStatement, copyTable, type CopyResult } from '../../src/postgres/copy-stream.ts';
import { readQuery } from '../../src/postgres/query-stream-reader.ts';
import type { ArrayElementWireType, WireColumn, WireType } from '../../src/postgres/wire-column.ts';
import { wireColumn } from './copy-bytes.ts';
import { type Cell, columnsOf } from './copy-cells.ts';
import { createTestDatabase, withClient } from './test-server.ts';

/** A column of a generated table: values are made as text, and cast in SQL. */
type Sample = {
  readonly type: string;
  readonly wire: WireType;
  readonly values: fc.Arbitrary<string>;
  /** SQL for the value whose text is `v`. */
  readonly cast?: string;
  /** What the COPY selects, when not the column itself. */
  readonly select?: string;
};

type GeneratedColumn = { readonly sample: Sample; readonly values: readonly (string | null)[] };

afterEach(() => {
  vi.unstubAllEnvs();
});

const unicode = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
const tricky = fc.constantFrom(
  '',
  'NULL',
  'null',
  '\\',
  '"',
  '{}',
  ',',
  ' x ',
  '\t',
  '\u00a0',
  '\\N',
  'é',
  '\ufeff',
  '\ufffd',
);
const uuid = fc.uuid();
const integers = (bits: number): fc.Arbitrary<string> => {
  const [min, max] = [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n];
  return fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n)).map(String);
};
const specialNumbers = fc.constantFrom('NaN', 'Infinity', '-Infinity');
const infinities = fc.constantFrom('infinity', '-infinity');
const SINCE_2000 = {
  date: [-2_451_507, 2_145_031_948],
  microseconds: [-211_813_488_000_000_000n, 9_223_371_331_199_999_999n],
} as const;
const dates = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -800_000, max: 800_000 }).map(String) },
  fc.integer({ min: SINCE_2000.date[0], max: SINCE_2000.date[1] }).map(String),
  infinities,
);
const timestamps = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }).map(String) },
  fc.bigInt({ min: SINCE_2000.microseconds[0], max: SINCE_2000.microseconds[1] }).map(String),
  infinities,
);
const floats = (values: fc.Arbitrary<number>): fc.Arbitrary<string> =>
  values.map((value) => (Object.is(value, -0) ? '-0' : String(value)));

const numerics: fc.Arbitrary<Sample> = fc
  .record({ precision: fc.integer({ min: 1, max: 38 }), scale: fc.integer({ min: 0, max: 38 }) })
  .filter(({ precision, scale }) => scale <= precision)
  .map(({ precision, scale }) => {
    const largest = 10n ** BigInt(precision) - 1n;
    const values = fc.bigInt({ min: -largest, max: largest }).map((value) => `${value}e-${scale}`);
    return {
      type: `numeric(${precision},${scale})`,
      wire: { kind: 'numeric', precision, scale },
      values: fc.oneof(values, fc.constant('NaN')),
    };
  });

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

function arrays(type: string, element: ArrayElementWireType, elements: fc.Arbitrary<string>): Sample {
  const item = fc.option(elements.map(quote), { nil: 'NULL' });
  const list = fc.array(item, { maxLength: 5 });
  const row = (size: number): fc.Arbitrary<string> =>
    fc.array(item, { minLength: size, maxLength: size }).map((items) => `{${items.join(',')}}`);
  const values = fc.oneof(
    { weight: 8, arbitrary: list.map((items) => `{${items.join(',')}}`) },
    fc
      .record({
        items: fc.array(item, { minLength: 1, maxLength: 3 }),
        from: fc.integer({ min: -3, max: 3 }),
      })
      .map(({ items, from }) => `[${from}:${from + items.length - 1}]={${items.join(',')}}`),
    fc
      .integer({ min: 1, max: 3 })
      .chain((size) => fc.tuple(row(size), row(size)))
      .map((rows) => `{${rows.join(',')}}`),
  );
  return { type: `${type}[]`, wire: { kind: 'array', element }, values };
}

const text: WireType = { kind: 'text' };
const json = fc.json().filter((value) => !value.includes('\\u0000') && !value.includes('\\ud'));

const FIXED_SAMPLES: readonly Sample[] = [
  { type: 'boolean', wire: { kind: 'bool' }, values: fc.constantFrom('t', 'f') },
  { type: 'smallint', wire: { kind: 'int2' }, values: integers(16) },
  { type: 'integer', wire: { kind: 'int4' }, values: integers(32) },
  { type: 'bigint', wire: { kind: 'int8' }, values: integers(64) },
  { type: 'oid', wire: { kind: 'oid' }, values: fc.nat(0xffff_fff).map(String) },
  { type: 'real', wire: { kind: 'float4' }, values: floats(fc.float()) },
  { type: 'double precision', wire: { kind: 'float8' }, values: floats(fc.double()) },
  {
    type: 'numeric',
    wire: { kind: 'numeric', precision: 20, scale: 5 },
    values: fc.oneof(
      fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map((value) => `${value}e-7`),
      specialNumbers,
      fc.constantFrom('0.000', '1e30', '-1e-30', '100000'),
    ),
  },
  { type: 'text', wire: text, values: fc.oneof(unicode, tricky) },
  { type: 'char(7)', wire: text, values: fc.stringMatching(/^[a-zé ]{0,7}$/) },
  { type: 'json', wire: text, values: json },
  { type: 'jsonb', wire: { kind: 'jsonb' }, values: json },
  { type: 'uuid', wire: { kind: 'uuid' }, values: uuid },
  {
    type: 'bytea',
    wire: { kind: 'bytea' },
    values: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('hex')),
    cast: `decode(v, 'hex')`,
  },
  {
    type: 'date',
    wire: { kind: 'date' },
    values: dates,
    cast: `CASE WHEN v ~ 'inf' THEN v::date ELSE date '2000-01-01' + v::int END`,
  },
  ...(['timestamp', 'timestamptz'] as const).map((type): Sample => ({
    type,
    wire: { kind: 'timestamp', utc: type === 'timestamptz' },
    values: timestamps,
    cast: `CASE WHEN v ~ 'inf' THEN v::${type} ELSE ${type} '2000-01-01' + (v || ' microseconds')::interval END`,
  })),
  { type: 'interval', wire: text, values: fc.integer().map((value) => `${value} minutes`), select: '::text' },
  { type: 'int4range', wire: text, values: fc.constantFrom('empty', '(,)', '[1,5)'), select: '::text' },
  arrays('smallint', { kind: 'int2' }, integers(16)),
  arrays('integer', { kind: 'int4' }, integers(32)),
  arrays('bigint', { kind: 'int8' }, integers(64)),
  arrays('text', { kind: 'text' }, fc.oneof(unicode, tricky)),
  arrays('uuid', { kind: 'uuid' }, uuid),
];

/** A type of ours whose values are given as Postgres prints them. */
function printedSample(type: string): Sample {
  return { ...FIXED_SAMPLES.find((sample) => sample.type === type)!, cast: `v::${type}` };
}

const MOST_ROWS = 40;
const samples = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...FIXED_SAMPLES) }, numerics);

function columnOf(sample: Sample, rows: number): fc.Arbitrary<GeneratedColumn> {
  const values = fc.array(fc.option(sample.values, { freq: 6 }), { minLength: rows, maxLength: rows });
  return values.map((generated) => ({
    sample,
    values: generated,
    // Without it, a failure prints the generator of the values as well.
    [fc.toStringMethod]: () => `${sample.type} ${JSON.stringify(generated)}`,
  }));
}

const tables = fc.integer({ min: 0, max: MOST_ROWS }).chain((rows) =>
  fc.array(
    samples.chain((sample) => columnOf(sample, rows)),
    { minLength: 1, maxLength: 8 },
  ),
);

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

/** Makes the table, reads it with both readers, and gives what both read. */
async function readTwice(
  client: pg.Client,
  generated: readonly GeneratedColumn[],
  batchBytes: number,
): Promise<Read> {
  const names = generated.map((_, index) => `c${index}`);
  const definitions = generated.map(({ sample }, index) => `c${index} ${sample.type}`);
  await client.query(`DROP TABLE IF EXISTS t; CREATE TEMP TABLE t (n bigint, ${definitions.join(', ')})`);
  const casts = generated.map(({ sample }, index) =>
    (sample.cast ?? `v::${sample.type}`).replaceAll(/\bv\b/g, `c${index}`),
  );
  const parameters = generated.map((_, index) => `$${index + 1}::text[]`);
  await client.query(
    `INSERT INTO t SELECT n, ${casts.join(', ')} FROM unnest(${parameters.join(', ')}) WITH ORDINALITY AS u(${names.join(', ')}, n)`,
    generated.map(({ values }) => values),
  );
  const columns: WireColumn[] = generated.map(({ sample }, index) =>
    wireColumn(`c${index}`, sample.wire, { companion: true }),
  );
  const select = `SELECT ${generated.map(({ sample }, index) => `c${index}${sample.select ?? ''}`).join(', ')} FROM t ORDER BY n`;
  const doing = 'reading t';
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

async function withUtcClient(use: (client: pg.Client) => Promise<void>): Promise<void> {
  await withClient(await createTestDatabase(), async (client) => {
    await client.query("SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'");
    await use(client);
  });
}

test(
  'COPY BINARY and text output give equal Arrow, whatever the table holds',
  { timeout: 120_000 },
  async () => {
    await withUtcClient(async (client) => {
      await fc.assert(
        fc.asyncProperty(tables, fc.constantFrom(100, 1000, 2 ** 20), async (generated, batchBytes) => {
          const { result } = await readTwice(client, generated, batchBytes);
          expect(result.rows).toBe(generated[0]!.values.length);
        }),
        { numRuns: 60 },
      );
    });
  },
);

test('every wire type is read alike in a table of all of them', async () => {
  const all = fc.tuple(...FIXED_SAMPLES.map((sample) => columnOf(sample, MOST_ROWS)));
  await withUtcClient(async (client) => {
    await fc.assert(
      fc.asyncProperty(all, async (generated) => {
        const { types } = await readTwice(client, generated, 5000);
        expect(types).toHaveLength(FIXED_SAMPLES.length * 2);
      }),
      { numRuns: 5 },
    );
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
    const dateColumn = await readTwice(client, [{ sample: printedSample('date'), values: days }], 2 ** 20);
    const counted = await client.query("SELECT c0 - date '1970-01-01' AS days FROM t ORDER BY n");
    expect(dateColumn.columns[0]).toEqual(counted.rows.map(({ days: count }) => Number(count)));
    const instantColumn = await readTwice(
      client,
      [{ sample: printedSample('timestamptz'), values: instants }],
      2 ** 20,
    );
    const epochs = await client.query(
      'SELECT trunc(extract(epoch FROM c0) * 1000000)::text AS us FROM t ORDER BY n',
    );
    expect(instantColumn.columns[0]).toEqual(epochs.rows.map(({ us }) => BigInt(us)));
    expect(instantColumn.types[0]).toContain('"timezone":"UTC"');
  });
});

test('B10, B25: long numerics and odd JSON are exact as text', async () => {
  const values = [`-${'9'.repeat(1000)}.${'1'.repeat(500)}`, '1e-1000', null];
  const documents = ['{"a":1,"a":2}', ' [1e400, 18446744073709551616, "\\u0000"] ', 'null'];
  await withUtcClient(async (client) => {
    const read = await readTwice(
      client,
      [
        { sample: { type: 'numeric', wire: text, values: fc.constant(''), select: '::text' }, values },
        { sample: { type: 'json', wire: text, values: fc.constant('') }, values: documents },
      ],
      2 ** 20,
    );
    expect(read.columns[0]).toEqual([values[0], `0.${'0'.repeat(999)}1`, null]);
    expect(read.columns[2]).toEqual(documents);
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
