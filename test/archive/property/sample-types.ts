import fc from 'fast-check';

/** Rows of the longest table. */
export const MOST_ROWS = 24;

/** How a value of the lake becomes Postgres' text again: what Iceberg's type holds, given to Postgres to print. */
export type Held =
  | 'boolean'
  | 'integer'
  | 'float4'
  | 'float8'
  | 'decimal'
  | 'text'
  | 'bytea'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | { readonly listOf: 'int2' | 'int4' | 'int8' | 'text' | 'varchar' | 'uuid' };

/** A type of a generated column. */
export type SampleType = {
  /** As CREATE TABLE takes it. */
  readonly sql: string;
  readonly held: Held;
  readonly values: fc.Arbitrary<string>;
  /** SQL of the value whose text is `v`; a plain cast unless told. */
  readonly cast?: string;
  /** SQL of the text of the value `v` that the lake holds; what Postgres prints unless told. */
  readonly prints?: string;
};

/** What the generated columns need besides the types that every database has. */
export const TYPE_DEFINITIONS = `
  CREATE TYPE mood AS ENUM ('', 'sad', 'OK "quoted"', 'é');
  CREATE TYPE pair AS (a integer, "B b" text, c numeric);
  CREATE TYPE span AS RANGE (subtype = float8);
  CREATE DOMAIN small_text AS varchar(12);
  CREATE DOMAIN price AS numeric(12, 3);
  CREATE DOMAIN codes AS integer[];
  CREATE DOMAIN pair_domain AS pair;
`;

const unicode = fc
  .string({ unit: 'binary', maxLength: 60 })
  .map((text) => text.toWellFormed().replaceAll('\0', ''));
const tricky = fc.constantFrom(
  ...String.raw`NULL|\N|\.|\|"|'|{}|,|  a  | `.split('|'),
  ...'\t\r\n|\u00a0|\u2028|\ufeff|\ufffd|\uffff|\u{10ffff}|e\u0301|\u00e9|\u202e|👩‍👩‍👧‍👦'.split('|'),
  ...['x', '\u{10ffff}', 'é'].map((character) => character.repeat(17)),
  '',
  'é'.repeat(4000),
);
const texts = fc.oneof({ weight: 2, arbitrary: unicode }, tricky);

const integers = (bits: number): fc.Arbitrary<string> => {
  const [min, max] = [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n];
  return fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n, -1n)).map(String);
};

const floats = (values: fc.Arbitrary<number>): fc.Arbitrary<string> =>
  values.map((value) => (Object.is(value, -0) ? '-0' : String(value)));

function decimals(precision: number, scale: number): fc.Arbitrary<string> {
  const largest = 10n ** BigInt(precision) - 1n;
  return fc
    .oneof(fc.bigInt({ min: -largest, max: largest }), fc.constantFrom(largest, -largest, 0n, 1n))
    .map((value) => `${value}e${-scale}`);
}

const numeric: fc.Arbitrary<SampleType> = fc
  .integer({ min: 1, max: 38 })
  .chain((precision) =>
    fc.record({ precision: fc.constant(precision), scale: fc.integer({ min: 0, max: precision }) }),
  )
  .map(({ precision, scale }) => ({
    sql: `numeric(${precision},${scale})`,
    held: 'decimal',
    values: fc.oneof({ weight: 9, arbitrary: decimals(precision, scale) }, fc.constant('NaN')),
  }));

const infinities = fc.constantFrom('infinity', '-infinity');
/** From 4713 BC to the last day and microsecond that Postgres has, counted from 2000. */
const RANGE = {
  days: [-2_451_507, 2_145_031_948],
  us: [-211_813_488_000_000_000n, 9_223_371_331_199_999_999n],
} as const;
const dates = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -800_000, max: 800_000 }).map(String) },
  fc.integer({ min: RANGE.days[0], max: RANGE.days[1] }).map(String),
  fc.constantFrom(...RANGE.days).map(String),
  infinities,
);
const timestamps = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }).map(String) },
  fc.bigInt({ min: RANGE.us[0], max: RANGE.us[1] }).map(String),
  fc.constantFrom(...RANGE.us).map(String),
  infinities,
);

const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

const braced = (items: readonly string[]): string => `{${items.join(',')}}`;

/** Plain arrays most of the time; also empty ones, other lower bounds and more dimensions. */
function arrays(elements: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const item = fc.option(elements.map(quote), { nil: 'NULL' });
  const row = (size: number) => fc.array(item, { minLength: size, maxLength: size }).map(braced);
  return fc.oneof(
    { weight: 8, arbitrary: fc.array(item, { maxLength: 5 }).map(braced) },
    fc
      .record({
        items: fc.array(item, { minLength: 1, maxLength: 3 }),
        from: fc.integer({ min: -3, max: 3 }),
      })
      .map(({ items, from }) => `[${from}:${from + items.length - 1}]=${braced(items)}`),
    fc.integer({ min: 1, max: 3 }).chain((size) => fc.tuple(row(size), row(size)).map(braced)),
    fc.constantFrom('{}', '{{}}', '{NULL}'),
  );
}

const documents = fc.json({ maxDepth: 3 }).filter((value) => !/\\u0000|\\ud/i.test(value));
const intervals = fc
  .tuple(
    fc.integer({ min: -9999, max: 9999 }),
    fc.integer({ min: -99_999, max: 99_999 }),
    fc.maxSafeInteger(),
  )
  .map(([months, days, us]) => `${months} months ${days} days ${us} microseconds`);
const clock = fc.nat(86_399_999).map((ms) => new Date(ms).toISOString().slice(11, 23));

/** Held in an Iceberg type of their own. */
const TYPED: readonly SampleType[] = [
  { sql: 'boolean', held: 'boolean', values: fc.constantFrom('t', 'f') },
  { sql: 'smallint', held: 'integer', values: integers(16) },
  { sql: 'integer', held: 'integer', values: integers(32) },
  { sql: 'bigint', held: 'integer', values: integers(64) },
  { sql: 'oid', held: 'integer', values: fc.constantFrom('0', '2147483648', '4294967295') },
  { sql: 'real', held: 'float4', values: floats(fc.float()) },
  { sql: 'double precision', held: 'float8', values: floats(fc.double()) },
  { sql: 'price', held: 'decimal', values: decimals(12, 3) },
  {
    sql: 'bytea',
    held: 'bytea',
    values: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    cast: `decode(v, 'hex')`,
  },
  {
    sql: 'date',
    held: 'date',
    values: dates,
    cast: `CASE WHEN v ~ 'inf' THEN v::date ELSE date '2000-01-01' + v::int END`,
  },
  ...(['timestamp', 'timestamptz'] as const).map((type): SampleType => ({
    sql: type,
    held: type,
    values: timestamps,
    cast: `CASE WHEN v ~ 'inf' THEN v::${type} ELSE ${type} '2000-01-01 00:00:00Z' + (v || ' microseconds')::interval END`,
  })),
  { sql: 'smallint[]', held: { listOf: 'int2' }, values: arrays(integers(16)) },
  { sql: 'integer[]', held: { listOf: 'int4' }, values: arrays(integers(32)) },
  { sql: 'codes', held: { listOf: 'int4' }, values: arrays(integers(32)) },
  { sql: 'bigint[]', held: { listOf: 'int8' }, values: arrays(integers(64)) },
  { sql: 'text[]', held: { listOf: 'text' }, values: arrays(texts) },
  { sql: 'varchar(9)[]', held: { listOf: 'varchar' }, values: arrays(fc.stringMatching(/^[a-zé ,"]{0,9}$/)) },
  { sql: 'uuid[]', held: { listOf: 'uuid' }, values: arrays(fc.uuid()) },
];

/** Character types, and all the types that the lake holds as Postgres' own text. */
const AS_TEXT: readonly (readonly [sql: string, values: fc.Arbitrary<string>, cast?: string])[] = [
  ['text', texts],
  ['text COLLATE "C"', texts],
  ['varchar', texts],
  ['varchar(8)', fc.stringMatching(/^[a-zé ]{0,8}$/)],
  ['small_text', fc.stringMatching(/^[A-Z ]{0,12}$/)],
  ['char(7)', fc.stringMatching(/^[a-zé ]{0,7}$/)],
  ['"char"', fc.constantFrom('', 'x', ' ', '\\377')],
  ['name', fc.constantFrom('', 'a', 'x'.repeat(63))],
  ['refcursor', fc.constantFrom('', '<unnamed portal 1>', 'é')],
  ['uuid', fc.uuid()],
  [
    'json',
    fc.oneof(documents, fc.constantFrom('{"a":1, "a":2}', ' [1e400, 18446744073709551616]', '"\\u0000"')),
  ],
  ['jsonb', fc.oneof(documents, fc.constantFrom('null', '1e400', '{"__proto__":{"b":1.10}}'))],
  ['mood', fc.constantFrom('', 'sad', 'OK "quoted"', 'é')],
  [
    'numeric',
    fc.oneof(
      decimals(60, 20),
      fc.constantFrom('NaN', 'Infinity', '-Infinity', '0.000', '-1.50', `${'9'.repeat(400)}.1`, '1e-300'),
    ),
  ],
  ['numeric(39,4)', fc.oneof(decimals(39, 4), fc.constant('NaN'))],
  ['numeric(5,-2)', fc.constantFrom('100', '-9999900', 'NaN')],
  ['numeric(3,5)', fc.constantFrom('0.00999', '-0.00001', '0')],
  [
    'interval',
    fc.oneof(intervals, infinities, fc.constantFrom('1 mon -1 day', '-178000000 years', '00:00:00')),
  ],
  ['interval year to month', fc.constantFrom('1-2', '-3-11')],
  ['time', fc.oneof(clock, fc.constantFrom('24:00:00', '23:59:59.999999'))],
  ['timetz', fc.constantFrom('24:00:00+15:59:59', '12:00:00.000001-03:30:10', '00:00:00-15:59')],
  ['inet', fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('10.1.2.3/8', '::ffff:1.2.3.4', '127.0.0.1/32'))],
  ['cidr', fc.constantFrom('0.0.0.0/0', '10.0.0.0/8', '::/0', '1.2.3.4/32')],
  ['macaddr8', fc.constantFrom('08:00:2b:01:02:03:04:05')],
  ['money', fc.constantFrom('-92233720368547758.08', '92233720368547758.07', '0', '-0.01')],
  ['int4range', fc.constantFrom('empty', '(,)', '[1,5)', '[1,5]', '[-2147483648,)')],
  ['numrange', fc.constantFrom('(1.10,2.200]', '[,0)', 'empty')],
  [
    'tstzrange',
    fc.constantFrom('[2020-01-01 00:00+05:45,infinity]', '(,2020-02-30 BC)'.replace('30', '28'), 'empty'),
  ],
  ['span', fc.constantFrom('[0.1,NaN)', '(-Infinity,1e-300]')],
  ['int4multirange', fc.constantFrom('{}', '{[1,3),[5,)}')],
  ['bit(5)', fc.stringMatching(/^[01]{5}$/)],
  ['bit varying', fc.stringMatching(/^[01]{0,70}$/)],
  ['point', fc.constantFrom('(NaN,Infinity)', '(0.1,-0)', '(1e300,-1e-300)')],
  ['path', fc.constantFrom('((0,0),(1,1.5))', '[(0,0),(1,2)]')],
  ['circle', fc.constantFrom('<(0.1,0.2),3>', '<(0,0),NaN>')],
  ['polygon', fc.constantFrom('((0,0),(0,1),(1,0.3))')],
  ['pair', fc.constantFrom('(,,)', '(1,"x, ""y"" \\\\ z",NaN)', '(,"",0.10)')],
  ['pair_domain', fc.constantFrom('(7,seven,7.0)')],
  ['pair[]', fc.constantFrom('{}', '{"(1,a,2)",NULL}')],
  ['mood[]', fc.constantFrom('{sad,"",NULL}', '{{sad},{é}}')],
  ['boolean[]', arrays(fc.constantFrom('t', 'f'))],
  ['numeric(10,2)[]', arrays(decimals(10, 2))],
  ['double precision[]', fc.constantFrom('{0.1,NaN,-0,-Infinity}', '{}')],
  ['timestamptz[]', fc.constantFrom('{"2020-06-01 12:00:00.000001+05:45",-infinity}', '{"0044-03-15 BC"}')],
  ['bytea[]', fc.constantFrom('{"\\\\x00ff",NULL}', '{}')],
  ['tsvector', fc.constantFrom("'a':1A 'it''s':2,3B", '')],
  ['tsquery', fc.constantFrom("'fat' & !'rat':AB", "'a' <2> 'b'")],
  ['jsonpath', fc.constantFrom('$."a"[*]?(@ > 1.10)')],
  ['pg_lsn', fc.constantFrom('FFFFFFFF/FFFFFFFF', '0/0')],
  ['xid8', fc.constantFrom('18446744073709551615', '0')],
  ['tid', fc.constantFrom('(4294967295,65535)', '(0,1)')],
  ['pg_snapshot', fc.constantFrom('10:20:10,14,15')],
  ['int2vector', fc.constantFrom('1 2 -3', '')],
  ['regclass', fc.constantFrom('1259', '4294967295', '0'), 'v::oid'],
  ['regtype', fc.constantFrom('public.mood', 'timestamptz', 'public.pair[]')],
  ['aclitem', fc.constantFrom('=r/postgres', 'postgres=a*r/postgres')],
];

const documentsAsXml = fc.constantFrom('<a>é</a>', 'just text', '<?xml version="1.0" encoding="utf-8"?><a/>');

/** Types whose own output function leaves out a part of the value. */
const WHOLE_TEXTS: readonly SampleType[] = [
  { sql: 'xml', held: 'text', values: documentsAsXml, prints: 'v::text' },
  { sql: 'xml[]', held: 'text', values: documentsAsXml, cast: 'ARRAY[v::xml, NULL]', prints: 'v::text[]' },
  // now(), abs(int4) and abs(float8); + of int4 and of float8
  {
    sql: 'regproc',
    held: 'text',
    values: fc.constantFrom('1299', '1397', '1395', '4294967295', '0'),
    cast: 'v::oid',
    prints: 'v::regprocedure',
  },
  {
    sql: 'regoper',
    held: 'text',
    values: fc.constantFrom('551', '591', '4294967295', '0'),
    cast: 'v::oid',
    prints: 'v::regoperator',
  },
];

const ALL: readonly SampleType[] = [
  ...TYPED,
  ...WHOLE_TEXTS,
  ...AS_TEXT.map(([sql, values, cast]): SampleType => ({
    sql,
    held: 'text',
    values,
    ...(cast === undefined ? {} : { cast }),
  })),
];

/** Each type once. */
export const everyType: readonly SampleType[] = ALL;

export type FilledType = { readonly type: SampleType; readonly values: readonly (string | null)[] };

/** Values of a type, one in seven null. */
export function fillType(type: SampleType): fc.Arbitrary<FilledType> {
  const cells = fc.array(fc.option(type.values, { freq: 6 }), { minLength: MOST_ROWS, maxLength: MOST_ROWS });
  return cells.map((values) => ({ type, values }));
}

/** Any type, those with an Iceberg type of their own more often. */
export const filledTypes: fc.Arbitrary<FilledType> = fc.oneof(
  { weight: 4, arbitrary: fc.oneof(...TYPED.map(fillType)) },
  { weight: 4, arbitrary: fc.oneof(...ALL.map(fillType)) },
  { weight: 1, arbitrary: numeric.chain(fillType) },
);
