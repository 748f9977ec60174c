/**
 * Tables with all that is not said column by column. $1: oids of relations; others than tables are left out.
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
