/**
 * Live columns of tables, and attributes of composite types. $1: oids of relations.
 * Columns of the catalog that a server may not have yet are read by way of JSON.
 * Since 15.20 and its contemporaries the server keeps a number of its own, pg_attver, among the options: it is none.
 * A default names no columns: told of none, the server does not compare the names of all of them with each other.
 */
export const READ_COLUMN_DEFINITIONS = `
SELECT
  a.attrelid AS relation,
  a.attnum,
  a.attname AS name,
  pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
  CASE WHEN a.attcollation <> t.typcollation THEN pg_catalog.format('%I.%I', cn.nspname, co.collname) END AS collation,
  a.attnotnull AS not_null,
  k.conname AS not_null_name,
  k.conislocal AS not_null_local,
  k.connoinherit AS not_null_no_inherit,
  k.convalidated AS not_null_valid,
  a.attidentity AS identity,
  a.attgenerated AS generated,
  d.oid AS expression_oid,
  pg_catalog.pg_get_expr(d.adbin, CASE WHEN a.attgenerated = '' THEN 0 ELSE d.adrelid END) AS expression,
  CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END AS storage,
  more.attribute ->> 'attcompression' AS compression,
  more.attribute ->> 'attstattarget' AS statistics,
  -- Some servers keep books of their own among the options, which nobody may set.
  (SELECT pg_catalog.json_agg(option) FROM pg_catalog.unnest(a.attoptions) AS o (option)
   WHERE option !~ '^pg_') AS options,
  a.attislocal AS local
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_collation AS co ON co.oid = a.attcollation
LEFT JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_constraint AS k
  ON k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum]
CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(a) AS attribute OFFSET 0) AS more
WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
`;
