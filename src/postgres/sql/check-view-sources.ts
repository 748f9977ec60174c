/**
 * One relation that a view reads, through other views, partitions and children too, and that is not any more what the
 * snapshot sees: its rows were replaced (or it was dropped), or, of a view, its definition. Of an older definition the
 * snapshot sees the row in pg_rewrite, and with it the number of the transaction that replaced it: 32 bits, told from
 * older ones, which were rolled back, by its distance to the oldest that the snapshot does not see. $1: oid of the view.
 */
export const CHECK_VIEW_SOURCES = `
WITH RECURSIVE source (oid) AS (
  SELECT $1::oid
  UNION
  SELECT next.oid
  FROM source AS s
  CROSS JOIN LATERAL (
    SELECT d.refobjid AS oid
    FROM pg_catalog.pg_rewrite AS r
    JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
    WHERE r.ev_class = s.oid AND r.ev_type = '1' AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    UNION ALL
    SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = s.oid
  ) AS next
),
redefined AS (
  SELECT r.ev_class AS oid
  FROM pg_catalog.pg_rewrite AS r
  JOIN source AS s ON s.oid = r.ev_class
  CROSS JOIN (SELECT pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot()) AS id) AS oldest
  CROSS JOIN LATERAL (
    SELECT ((r.xmax::text::bigint - oldest.id) % 4294967296 + 4294967296) % 4294967296 AS later_by
  ) AS replacing
  WHERE r.ev_type = '1' AND r.xmax::text <> '0'
    AND CASE WHEN replacing.later_by < 2147483648
      THEN pg_catalog.txid_status(oldest.id + replacing.later_by) = 'committed'
      ELSE false
    END
)
SELECT n.nspname AS schema, c.relname AS name
FROM source AS s
JOIN pg_catalog.pg_class AS c ON c.oid = s.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid IN (SELECT oid FROM redefined)
  OR (c.relkind IN ('r', 'm') AND c.relfilenode <> 0
    AND pg_catalog.pg_relation_filenode(c.oid) IS DISTINCT FROM c.relfilenode)
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
LIMIT 1
`;
