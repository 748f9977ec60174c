import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  mapColumn,
  selectExpression,
  TYPE_CONTRACT_VERSION,
  TYPE_CONTRACTS,
  typeContractOf,
} from '../../src/archive/type-contract.ts';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { describeTable } from '../../src/postgres/describe-table.ts';
import { quoteIdentifier } from '../../src/postgres/quote.ts';
import { openSession, type Session } from '../../src/postgres/session.ts';
import type { ColumnDescription } from '../../src/postgres/table-description.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';

const contract = typeContractOf(TYPE_CONTRACT_VERSION);

/** Declared type, what it maps to, values to read (as SQL). */
type Case = readonly [type: string, iceberg: unknown, wire: string, values: readonly string[]];

const TEXT = 'string';
const AS_TEXT = 'as text';

const NATIVE: readonly Case[] = [
  ['boolean', 'boolean', 'bool', ['true']],
  ['smallint', 'int', 'int2', ['-32768']],
  ['integer', 'int', 'int4', ['7']],
  ['bigint', 'long', 'int8', ['9223372036854775807']],
  ['oid', 'long', 'oid', ['4294967295']],
  ['real', 'float', 'float4', ["'NaN'"]],
  ['double precision', 'double', 'float8', ["'-0'"]],
  ['numeric(38,0)', 'decimal(38, 0)', 'numeric', ["'NaN'"]],
  ['numeric(38,38)', 'decimal(38, 38)', 'numeric', ['0.1']],
  ['numeric(12,2)', 'decimal(12, 2)', 'numeric', ['-1.50']],
  ['public.price', 'decimal(10, 2)', 'numeric', ['1']],
  ['text', TEXT, 'text', ["''"]],
  ['varchar(9)', TEXT, 'text', ["'x'"]],
  ['char(5)', TEXT, 'text', ["'ab'", "'     '"]],
  ['public.code', TEXT, 'text', ["'ab'"]],
  ['name', TEXT, 'text', ["'x'"]],
  ['refcursor', TEXT, 'text', ["'x y'"]],
  ['json', TEXT, 'text', [`'{"a": 1, "a":  2}'`]],
  ['jsonb', TEXT, 'jsonb', ["'1e400'"]],
  ['bytea', 'binary', 'bytea', [String.raw`'\x00'`]],
  ['uuid', TEXT, 'uuid', ["'00000000-0000-0000-0000-000000000000'"]],
  ['date', 'date', 'date', ["'infinity'"]],
  ['timestamp(3)', 'timestamp', 'timestamp', ["'-infinity'"]],
  ['timestamptz', 'timestamptz', 'timestamp', ["'294276-12-31 23:59:59.999999+00'"]],
  ['public.mood', TEXT, 'text', ["'it''s \"so\"'", "''"]],
  ['public.cast_mood', TEXT, 'text', ["'a'"]],
  ['smallint[]', { kind: 'list', element: 'int' }, 'array', ["'{1,NULL}'"]],
  ['int[]', { kind: 'list', element: 'int' }, 'array', ["'{}'"]],
  ['public.numbers', { kind: 'list', element: 'int' }, 'array', ["'{{1},{2}}'"]],
  ['bigint[][]', { kind: 'list', element: 'long' }, 'array', ["'[0:1]={1,2}'"]],
  ['text[]', { kind: 'list', element: TEXT }, 'array', ['\'{NULL,"NULL"}\'']],
  ['varchar(3)[]', { kind: 'list', element: TEXT }, 'array', ["'{x}'"]],
  ['uuid[]', { kind: 'list', element: TEXT }, 'array', ["'{}'"]],
];

const WRITTEN_AS_TEXT: readonly (readonly [type: string, values: readonly string[]])[] = [
  ['numeric', ["'NaN'", "'-Infinity'", '1e-16383', `('1' || repeat('0', 131071))::numeric`, '0.00']],
  ['numeric(39,0)', ['10::numeric ^ 38']],
  ['numeric(3,-3)', ['123456']],
  ['numeric(3,5)', ['0.00123']],
  ['public.any_number', ['1.10']],
  ['time', ["'24:00:00'", "'23:59:59.999999'"]],
  ['timetz', ["'10:00:00.1+15:59:59'"]],
  ['interval', ["'-1 mon +2 days -00:00:00.000001'", "'178000000 years'"]],
  ['"char"', ["'a'", String.raw`'\377'`, "''"]],
  ['money', ["'-12345.67'"]],
  ['bit(3)', ["B'101'"]],
  ['varbit', ["B''", "B'1'"]],
  ['inet', ["'10.0.0.1'", "'10.1.2.3/8'", "'::ffff:1.2.3.4'"]],
  ['cidr', ["'0.0.0.0/0'", "'10.0.0.1/32'"]],
  ['macaddr', ["'08:00:2b:01:02:03'"]],
  ['macaddr8', ["'08:00:2b:01:02:03:04:05'"]],
  [
    'xml',
    [
      `'<?xml version="1.0" standalone="yes"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a/>'`,
      "'x &amp; y'",
    ],
  ],
  ['point', ["'(NaN,Infinity)'", "'(0.1,1e-300)'"]],
  ['line', ["'{1,2,3}'"]],
  ['lseg', ["'[(1,2),(3,4)]'"]],
  ['box', ["'(3,4),(1,2)'"]],
  ['path', ["'[(1,2),(3,4)]'", "'((1,2),(3,4))'"]],
  ['polygon', ["'((1,2),(3,4),(5,6))'"]],
  ['circle', ["'<(1,2),3>'"]],
  ['tsvector', [`'a:1A,2B ''b c'':3'`]],
  ['tsquery', [`'a & !(b | c:*AB)'`]],
  ['int4range', ["'empty'", "'(,)'", "'[1,5)'"]],
  ['numrange', ["'(1.10,2.00]'"]],
  ['tstzrange', [`'["2024-01-01 00:00:00+05",infinity]'`]],
  ['int4multirange', ["'{}'", "'{[1,3),[5,7)}'"]],
  ['public.text_range', [`'["a,b","c""d"]'`]],
  ['public.positive_range', ["'[1,5)'"]],
  ['tid', ["'(4294967295,65535)'"]],
  ['xid', ["'4294967295'"]],
  ['xid8', ["'18446744073709551615'"]],
  ['pg_lsn', ["'FFFFFFFF/FFFFFFFF'"]],
  ['pg_snapshot', ["'10:20:10,14,15'"]],
  ['jsonpath', [`'$.a[*] ? (@ > 1)'`]],
  ['regclass', ["'pg_catalog.pg_class'", '4294967295::oid::regclass', "'public.price_list'"]],
  ['aclitem', ["'postgres=r/postgres'"]],
  ['int2vector', ["'1 2'"]],
  ['oidvector', ["'1 2'"]],
  ['boolean[]', ["'{t,f,NULL}'"]],
  ['numeric(5,2)[]', ["'{1.50}'"]],
  ['char(3)[]', ["'{a}'"]],
  ['timestamptz[]', ["'{infinity}'"]],
  ['json[]', [`ARRAY['{"a": "b,\\"c"}'::json]`]],
  ['bytea[]', [String.raw`ARRAY['\x00ff'::bytea]`]],
  ['public.price[]', ["'{1.50}'"]],
  ['public.mood[]', [`ARRAY['it''s "so"', '']::public.mood[]`]],
  ['public.pair', ['ROW(NULL, NULL)', `ROW(1, 'a,"b"(\\')`, "ROW(1, '')", 'ROW(1, NULL)']],
  ['public.nest', [`ROW(ROW(1, 'x'), ARRAY[ROW(2, 'y,')]::public.pair[])`]],
  ['public.pairs', ["ROW(1, 'x')"]],
  ['public.pair[]', ["ARRAY[ROW(1, 'x'), NULL, ROW(NULL, NULL)]::public.pair[]"]],
  ['public.price_list', ['ROW(1.5, NULL)']],
  ['public.cast_pair', ["ROW(1, 'x')"]],
  ['public.citext', ["'MiXed '"]],
  ['public.hstore', [`'a=>NULL, b=>"", "c d"=>"e\\"f"'`]],
  ['public.ltree', ["''", "'a.b'"]],
  ['public.lquery', ["'a.*{1,2}.!b'"]],
  ['public.cube', ["'(1,2),(3,4)'"]],
  ['public.seg', ["'1.50 .. 2'", "'~3'"]],
  ['public.isbn', ["'978-0-393-04002-9'"]],
  ['public.hstore[]', [`ARRAY['a=>"b"'::public.hstore]`]],
];

const CASES: readonly Case[] = [
  ...NATIVE,
  ...WRITTEN_AS_TEXT.map(([type, values]): Case => [type, TEXT, AS_TEXT, values]),
];

const SETUP = `
  ${['citext', 'hstore', 'ltree', 'cube', 'seg', 'isn'].map((name) => `CREATE EXTENSION ${name}`).join(';')};
  CREATE DOMAIN price AS numeric(10,2); CREATE DOMAIN any_number AS numeric; CREATE DOMAIN code AS char(5);
  CREATE DOMAIN numbers AS int[]; CREATE TYPE mood AS ENUM ('it''s "so"', ''); CREATE TYPE pair AS (a int, b text);
  CREATE TYPE nest AS (a pair, b pair[]); CREATE DOMAIN pairs AS pair; CREATE TABLE price_list (a price, gone int, b int);
  ALTER TABLE price_list DROP gone; CREATE TYPE text_range AS RANGE (SUBTYPE = text);
  CREATE DOMAIN positive_range AS int4range;
  CREATE TYPE cast_mood AS ENUM ('a'); CREATE TYPE cast_pair AS (a int, b text);
  CREATE FUNCTION evil(cast_mood) RETURNS text LANGUAGE sql AS 'SELECT ''evil''';
  CREATE FUNCTION evil(cast_pair) RETURNS text LANGUAGE sql AS 'SELECT ''evil''';
  CREATE CAST (cast_mood AS text) WITH FUNCTION evil(cast_mood) AS IMPLICIT;
  CREATE CAST (cast_pair AS text) WITH FUNCTION evil(cast_pair) AS IMPLICIT;
`;

let session: Session;
let columns: readonly ColumnDescription[];

beforeAll(async () => {
  const url = await createTestDatabase();
  const definitions = CASES.map(([type], index) => `"c ""${index}" ${type}`);
  await runSql(url, `${SETUP}; CREATE TABLE t (${definitions.join(', ')})`);
  const inserts = CASES.flatMap(([, , , values], index) =>
    values.map((value) => `INSERT INTO t ("c ""${index}") VALUES (${value})`),
  );
  await runSql(url, inserts.join(';'));
  session = await openSession(parseSourceUrl(url), { applicationName: 'permafrost test' });
  ({ columns } = await describeTable(session, { schema: 'public', name: 't' }));
});

afterAll(() => session.close());

test.each(CASES.map((one, index) => [one[0], one, index] as const))(
  '%s',
  async (_type, [, iceberg, wire, values], index) => {
    const column = columnAt(index);
    const mapping = mapColumn(column, contract);
    expect(mapping.icebergType).toEqual(iceberg);
    const isText = mapping.text !== undefined;
    expect(isText ? AS_TEXT : mapping.wire.kind).toBe(wire);
    const plain = quoteIdentifier(column.name);
    const expression = selectExpression(column, mapping);
    // What the server sends for the plain column as text is its output function's: what COPY and pg_dump print.
    const rows =
      await session.query(`SELECT ${plain} AS plain, ${expression} AS selected, pg_typeof(${expression}) AS type
    FROM ONLY public.t ORDER BY ctid`);
    expect(rows.filter((row) => row.plain !== null)).toHaveLength(values.length);
    expect(rows.map((row) => row.selected)).toEqual(rows.map((row) => row.plain));
    // All but text goes over the wire as it is.
    expect(isText ? rows[0]?.type : expression).toBe(isText ? 'text' : plain);
  },
);

test('a cast of the same values would have changed some of them: the output function is not ::text', async () => {
  const changed: string[] = [];
  for (const [index, [type]] of CASES.entries()) {
    const plain = quoteIdentifier(columns[index]?.name ?? '');
    const rows = await session.query(
      `SELECT ${plain} AS plain, ${plain}::text AS cast FROM ONLY public.t ORDER BY ctid`,
    );
    if (rows.some((row) => row.plain !== row.cast)) changed.push(type);
  }
  expect(changed).toEqual([
    'boolean',
    'char(5)',
    'public.code',
    'public.cast_mood',
    'inet',
    'public.cast_pair',
  ]);
});

test('only types that have values beyond Iceberg can need a companion', () => {
  const special = CASES.filter((_case, index) => mapColumn(columnAt(index), contract).canBeSpecial);
  expect([...new Set(special.map(([, , wire]) => wire))]).toEqual(['numeric', 'date', 'timestamp', 'array']);
});

test.each([
  ['numeric(1,0)', 4 + (1 << 16), 'decimal(1, 0)', { kind: 'numeric', precision: 1, scale: 0 }],
  ['numeric(38,37)', 4 + (38 << 16) + 37, 'decimal(38, 37)', { kind: 'numeric', precision: 38, scale: 37 }],
  ['numeric(1000,1000)', 4 + (1000 << 16) + 1000, 'string', { kind: 'text' }],
  ['numeric(5,-1)', 4 + (5 << 16) + 2047, 'string', { kind: 'text' }],
])('B11: the modifier of %s', (_declared, typeModifier, icebergType, wire) => {
  const numeric = { ...numericColumn(), typeModifier };
  expect(mapColumn(numeric, contract)).toMatchObject({ icebergType, wire });
});

test("a user's type that is called like one of the system is text", () => {
  const impostor: ColumnDescription = {
    ...columnAt(2),
    builtIn: false,
    outputFunction: 'public.out',
  };
  const mapping = mapColumn(impostor, contract);
  expect(mapping).toMatchObject({ icebergType: 'string', text: expect.any(Function) });
  expect(selectExpression(impostor, mapping)).toBe(
    `CASE WHEN "c ""2" IS NOT NULL THEN pg_catalog.textin(public.out("c ""2")) END`,
  );
});

test.each(Object.entries(TYPE_CONTRACTS))('version %s has no type with two rules', (_version, { rules }) => {
  const types = rules.flatMap((rule) => rule.types);
  expect(new Set(types).size).toBe(types.length);
});

function columnAt(index: number): ColumnDescription {
  const column = columns[index];
  if (column === undefined) throw new Error(`there is no case ${index}`);
  return column;
}

function numericColumn(): ColumnDescription {
  return columnAt(columns.findIndex((column) => column.baseTypeName === 'numeric'));
}
