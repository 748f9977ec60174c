/** Indexes; the one of a constraint has no definition of its own. $1: oids of relations; others than indexes are left out. */
export const READ_INDEX_DEFINITIONS = `
SELECT
  i.indexrelid AS oid,
  i.indrelid AS relation,
  n.nspname AS schema,
  c.relname AS name,
  pg_catalog.pg_get_indexdef(i.indexrelid) AS definition,
  k.oid IS NOT NULL AS of_constraint,
  i.indisvalid OR c.relkind = 'I' AS valid,
  i.indisreplident AS replica_identity,
  i.indisclustered AS clustered,
  pg_catalog.array_to_json(c.reloptions) AS options,
  pn.nspname AS parent_schema,
  p.relname AS parent_name,
  (
    SELECT pg_catalog.json_agg(
      pg_catalog.json_build_array(a.attnum, pg_catalog.to_jsonb(a) -> 'attstattarget') ORDER BY a.attnum
    )
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = i.indexrelid AND (pg_catalog.to_jsonb(a) ->> 'attstattarget')::int >= 0
  ) AS statistics
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_constraint AS k
  ON k.conrelid = i.indrelid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = i.indexrelid
LEFT JOIN pg_catalog.pg_class AS p ON p.oid = h.inhparent
LEFT JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
WHERE i.indexrelid = ANY ($1::oid[])
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
`;
