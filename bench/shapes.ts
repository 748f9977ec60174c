import { createHash } from 'node:crypto';
import pg from 'pg';

/**
 * Tables to archive, in a schema of their own that has the shape's name. Deterministic: only hashes of the row number.
 */
export type Shape = {
  readonly name: string;
  readonly tables: readonly string[];
  /** Of all tables together. */
  readonly rows: number;
  /** Makes the tables; runs in a transaction, in which the shape's schema is the current one. */
  readonly create: string;
};

/** The columns of TPC-H's lineitem with plausible values. */
function lineitem(name: string, rows: number): Shape {
  return {
    name,
    tables: ['lineitem'],
    rows,
    create: `
    CREATE TABLE lineitem (
      l_orderkey bigint NOT NULL, l_partkey integer NOT NULL, l_suppkey integer NOT NULL, l_linenumber integer NOT NULL,
      l_quantity numeric(15,2) NOT NULL, l_extendedprice numeric(15,2) NOT NULL, l_discount numeric(15,2) NOT NULL,
      l_tax numeric(15,2) NOT NULL, l_returnflag char(1) NOT NULL, l_linestatus char(1) NOT NULL, l_shipdate date NOT NULL,
      l_commitdate date NOT NULL, l_receiptdate date NOT NULL, l_shipinstruct char(25) NOT NULL, l_shipmode char(10) NOT NULL,
      l_comment varchar(44) NOT NULL);
    INSERT INTO lineitem
    SELECT i / 4, h % 200000, h % 10000, i % 7, 1 + h % 50, (h % 10000000) / 100.0, (h % 11) / 100.0, (h % 9) / 100.0,
           (ARRAY['A','N','R'])[1 + h % 3], (ARRAY['O','F'])[1 + h % 2], d, d + (h % 60)::int - 30, d + (h % 30)::int,
           (ARRAY['DELIVER IN PERSON','COLLECT COD','NONE','TAKE BACK RETURN'])[1 + h % 4],
           (ARRAY['REG AIR','AIR','RAIL','SHIP','TRUCK','MAIL','FOB'])[1 + h % 7],
           left(md5(i::text) || md5((i * 7)::text), (10 + h % 34)::int)
      FROM (SELECT i, hashint8extended(i, 1) & 9223372036854775807 AS h,
                   date '1992-01-01' + (hashint8extended(i, 2) & 2047)::int AS d
              FROM generate_series(1::bigint, ${rows}) i) numbers`,
  };
}

/** Half a kilobyte of words a row, and most types that a business table has. */
const sentEmails: Shape = {
  name: 'sent_emails',
  tables: ['sent_emails'],
  rows: 1_000_000,
  create: `
    CREATE TEMPORARY TABLE sentences ON COMMIT DROP AS
    SELECT s AS id, string_agg((ARRAY['invoice','account','the','your','of','to','weekly','meeting','please','review',
             'contract','delivery','order','customer','team','is','and','with','for','deadline','regards','naïve','größe',
             '東京','offer','discount','renewal','password','reset','link'])[1 + abs(hashint4(s * 31 + w)) % 30], ' ' ORDER BY w) AS text
      FROM generate_series(0, 1008) s, generate_series(1, 12) w GROUP BY s;
    CREATE TABLE sent_emails (
      id uuid NOT NULL, user_id bigint NOT NULL, campaign_id integer, subject text NOT NULL, body text NOT NULL,
      recipients text[] NOT NULL, headers jsonb, digest bytea, opened boolean, bounced boolean NOT NULL,
      cost numeric(12,4), sent_at timestamptz NOT NULL, opened_at timestamptz, created_on date NOT NULL);
    INSERT INTO sent_emails
    SELECT md5('mail' || i)::uuid, h % 250000, CASE WHEN h % 4 > 0 THEN h % 5000 END, left(a.text, 60),
           concat_ws('. ', a.text, b.text, c.text, d.text, i, e.text),
           CASE WHEN h % 5 = 0 THEN ARRAY['u' || h % 250000 || '@example.com', 'cc' || h % 9999 || '@example.org']
                ELSE ARRAY['u' || h % 250000 || '@example.com'] END,
           CASE WHEN h % 10 > 0 THEN jsonb_build_object('mid', md5('m' || i), 'spf', 'pass', 'score', (h % 1000) / 100.0,
             'tags', jsonb_build_array('t' || h % 50, 'x')) END,
           CASE WHEN h % 3 > 0 THEN sha256(i::text::bytea) END, CASE WHEN h % 3 > 0 THEN h % 2 = 0 END, h % 40 = 0,
           CASE WHEN h % 8 > 0 THEN (h % 1000000) / 10000.0 END, at,
           CASE WHEN h % 2 = 0 THEN at + (h % 86400) * interval '1 s' END, at::date
      FROM (SELECT i, hashint8extended(i, 1) & 9223372036854775807 AS h,
                   timestamptz '2025-01-01 00:00:00+00' + i * interval '31.536 s' AS at
              FROM generate_series(1::bigint, 1000000) i) numbers
      JOIN sentences a ON a.id = h % 1009 JOIN sentences b ON b.id = h / 7 % 1009 JOIN sentences c ON c.id = h / 49 % 1009
      JOIN sentences d ON d.id = h / 343 % 1009 JOIN sentences e ON e.id = h / 2401 % 1009`,
};

/** Many rows of little. */
const narrow: Shape = {
  name: 'narrow',
  tables: ['readings'],
  rows: 20_000_000,
  create: `
    CREATE TABLE readings (id bigint NOT NULL, sensor integer NOT NULL, at timestamptz NOT NULL, value double precision);
    INSERT INTO readings
    SELECT i, h % 5000, timestamptz '2025-01-01 00:00:00+00' + i * interval '1 s',
           CASE WHEN h % 50 > 0 THEN (h % 1000000) / 1000.0 END
      FROM (SELECT i, hashint8extended(i, 1) & 9223372036854775807 AS h
              FROM generate_series(1::bigint, 20000000) i) numbers`,
};

const kinds = [
  { type: 'integer', value: (n: number) => `(h / ${n}) % 100000` },
  { type: 'bigint', value: (n: number) => `h / ${n}` },
  { type: 'numeric(12,2)', value: (n: number) => `(h / ${n} % 1000000) / 100.0` },
  { type: 'text', value: (n: number) => `'v' || h / ${n} % 1000` },
  { type: 'timestamptz', value: (n: number) => `to_timestamp(1700000000 + h / ${n} % 10000000)` },
  { type: 'boolean', value: (n: number) => `CASE WHEN h / ${n} % 5 > 0 THEN h / ${n} % 2 = 0 END` },
] as const;
const wideColumns = Array.from({ length: 300 }, (_, index) => {
  const { type, value } = kinds[index % kinds.length] ?? kinds[0];
  return { definition: `c${index} ${type}`, value: value(index + 1) };
});

/** Few rows of much. */
const wide: Shape = {
  name: 'wide',
  tables: ['answers'],
  rows: 100_000,
  create: `
    CREATE TABLE answers (${wideColumns.map(({ definition }) => definition).join(', ')});
    INSERT INTO answers
    SELECT ${wideColumns.map(({ value }) => value).join(', ')}
      FROM (SELECT hashint8extended(i, 1) & 9223372036854775807 AS h FROM generate_series(1::bigint, 100000) i) numbers`,
};

const smallTables = Array.from({ length: 200 }, (_, index) => `t${String(index).padStart(3, '0')}`);

/** What a table costs, whatever is in it. */
const small: Shape = {
  name: 'small',
  tables: smallTables,
  rows: smallTables.length * 1000,
  create: smallTables
    .map(
      (table) => `
    CREATE TABLE ${table} (id bigint PRIMARY KEY, name text NOT NULL, amount numeric(12,2), active boolean, at timestamptz);
    INSERT INTO ${table}
    SELECT i, '${table} ' || i, i / 7.0, i % 3 > 0, timestamptz '2025-01-01 00:00:00+00' + i * interval '1 h'
      FROM generate_series(1, 1000) i`,
    )
    .join(';'),
};

/** 2 GB of rows with a text of half a kilobyte: memory must not grow with it. */
const large: Shape = {
  name: 'large',
  tables: ['large'],
  rows: 3_600_000,
  create: `
    CREATE TABLE large (id bigint NOT NULL, at timestamptz NOT NULL, body text NOT NULL);
    INSERT INTO large
    SELECT i, timestamptz '2025-01-01 00:00:00+00' + i * interval '1 s',
           (SELECT string_agg(md5((i * 17 + j)::text), ' ') FROM generate_series(1, 16) j)
      FROM generate_series(1::bigint, 3600000) i`,
};

/** The same rows three times, to see what grows with them. */
export const growth: readonly Shape[] = [
  lineitem('lineitem_2m', 2_000_000),
  lineitem('lineitem', 6_000_000),
  lineitem('lineitem_20m', 20_000_000),
];

export const shapes: readonly Shape[] = [
  lineitem('lineitem', 6_000_000),
  sentEmails,
  narrow,
  wide,
  small,
  large,
];

/** Error: for a name that no shape has, naming those that there are. */
export function findShape(name: string): Shape {
  const shape = shapes.find((candidate) => candidate.name === name);
  if (shape !== undefined) return shape;
  throw new Error(`no such shape: ${name}; there are ${shapes.map((one) => one.name).join(', ')}`);
}

/** `schema.table` of each. */
export function tableNames({ name, tables }: Shape): readonly string[] {
  return tables.map((table) => `${name}.${table}`);
}

async function seed(client: pg.Client, shape: Shape): Promise<void> {
  const { name, rows, create } = shape;
  const digest = createHash('sha256').update(create).digest('hex');
  const { rows: found } = await client.query<{ digest: string | null }>(
    `SELECT obj_description(oid, 'pg_namespace') AS digest FROM pg_namespace WHERE nspname = $1`,
    [name],
  );
  if (found[0]?.digest === digest) return;
  console.error(`seeding ${name}: ${rows} rows …`);
  await client.query(`DROP SCHEMA IF EXISTS ${name} CASCADE`);
  await client.query(
    `BEGIN; CREATE SCHEMA ${name}; SET LOCAL search_path = ${name}; ${create}; COMMENT ON SCHEMA ${name} IS '${digest}'; COMMIT`,
  );
  await client.query(`VACUUM (FREEZE, ANALYZE) ${tableNames(shape).join(', ')}`);
}

/** Makes the tables of shapes, unless they are there as this very SQL makes them. */
export async function seedAll(url: string, wanted: readonly Shape[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const shape of wanted) await seed(client, shape);
  await client.end();
}
