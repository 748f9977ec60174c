import { FIRST_USER_OID } from './list-needed-objects.ts';

/**
 * Tables with all that is not said column by column. $1: oids of relations; others than tables are left out.
 * `hashed_by_oid`: rows are put into partitions by hashes that may be made of oids, as those of enums are.
 * $2: oids of those that are to be tables, though they are views, materialized views or foreign tables.
 */
export const READ_TABLE_DEFINITIONS = `
SELECT
  c.oid,
  n.nspname AS schema,
  c.relname AS name,
  c.relpersistence AS persistence,
  CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partition_key,
  c.relkind = 'p' AS partitioned,
  c.relispartition AS partition,
  EXISTS (
    SELECT FROM pg_catalog.pg_partitioned_table AS p
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = ANY (p.partattrs::int2[])
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_type AS e ON e.oid = t.typelem
    WHERE p.partrelid = c.oid AND p.partstrat = 'h' AND (
      (t.oid >= ${FIRST_USER_OID} AND t.typtype <> 'b') OR (e.oid >= ${FIRST_USER_OID} AND e.typtype <> 'b')
    )
  ) AS hashed_by_oid,
  pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS partition_bound,
  CASE WHEN c.reloftype <> 0 THEN pg_catalog.format_type(c.reloftype, NULL) END AS of_type,
  CASE WHEN am.amname <> 'heap' THEN am.amname END AS access_method,
  CASE WHEN c.relkind <> 'v' THEN pg_catalog.array_to_json(c.reloptions) END AS options,
  pg_catalog.array_to_json(toast.reloptions) AS toast_options,
  c.relreplident AS replica_identity,
  c.relrowsecurity AS row_security,
  c.relforcerowsecurity AS force_row_security,
  (
    SELECT pg_catalog.json_agg(i.inhparent::bigint ORDER BY i.inhseqno)
    FROM pg_catalog.pg_inherits AS i
    WHERE i.inhrelid = c.oid
  ) AS parents
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
LEFT JOIN pg_catalog.pg_class AS toast ON toast.oid = c.reltoastrelid
WHERE c.oid = ANY ($1::oid[])
  AND (c.relkind IN ('r', 'p') OR (c.oid = ANY ($2::oid[]) AND c.relkind IN ('v', 'm', 'f')))
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
`;
