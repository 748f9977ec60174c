import type { Client } from 'pg';

/** A table to archive. Deterministic: only hashes of the row number. */
export type Shape = { readonly name: string; readonly rows: number; readonly create: string };

/** The columns of TPC-H's lineitem with plausible values. */
const lineitem: Shape = {
  name: 'lineitem',
  rows: 3_000_000,
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
              FROM generate_series(1::bigint, 3000000) i) numbers`,
};

/** 2 GB of rows with a text of half a kilobyte: memory must not grow with it. */
const large: Shape = {
  name: 'large',
  rows: 3_600_000,
  create: `
    CREATE TABLE large (id bigint NOT NULL, at timestamptz NOT NULL, body text NOT NULL);
    INSERT INTO large
    SELECT i, timestamptz '2025-01-01 00:00:00+00' + i * interval '1 s',
           (SELECT string_agg(md5((i * 17 + j)::text), ' ') FROM generate_series(1, 16) j)
      FROM generate_series(1::bigint, 3600000) i`,
};

export const shapes: Readonly<Record<string, Shape>> = { lineitem, large };

/** Makes the table unless it is there. */
export async function seed(client: Client, shape: Shape): Promise<void> {
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    shape.name,
  ]);
  if (rows[0]?.there) return;
  console.log(`seeding ${shape.name}: ${shape.rows} rows …`);
  await client.query(shape.create);
  await client.query(`VACUUM (FREEZE, ANALYZE) ${shape.name}`);
}
