import { RELATION_KIND } from './relation-kind.ts';

/**
 * Everything a TableDescription holds, of many tables at once, as the snapshot sees it. $1: oids.
 * Domains are followed down to what they are built on, with the modifier that applies there. A NOT NULL that was never
 * validated (PostgreSQL 18) does not count, since rows from before may break it.
 */
export const DESCRIBE_TABLES = `
WITH RECURSIVE exclusively_locked AS MATERIALIZED (
  SELECT relation FROM pg_catalog.pg_locks WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock'
),
wanted AS (
  SELECT c.*, ${RELATION_KIND} AS kind
  FROM pg_catalog.pg_class AS c
  WHERE c.oid = ANY ($1::oid[]) AND c.relkind IN ('r', 'v', 'm', 'f')
),
resolved (table_oid, attnum, type_oid, modifier) AS (
  SELECT a.attrelid, a.attnum, a.atttypid, a.atttypmod
  FROM pg_catalog.pg_attribute AS a
  JOIN wanted AS w ON w.oid = a.attrelid
  WHERE a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT r.table_oid, r.attnum, d.typbasetype, d.typtypmod
  FROM resolved AS r
  JOIN pg_catalog.pg_type AS d ON d.oid = r.type_oid AND d.typtype = 'd'
),
described AS (
  SELECT r.table_oid, pg_catalog.json_agg(pg_catalog.json_build_object(
    'attnum', a.attnum,
    'name', a.attname,
    'generated', a.attgenerated <> '',
    'notNull', a.attnotnull AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_constraint AS k
      WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum] AND NOT k.convalidated
    ),
    'declaredType', pg_catalog.format_type(a.atttypid, a.atttypmod),
    'baseTypeOid', t.oid::bigint,
    'baseTypeName', t.typname,
    'builtIn', n.nspname = 'pg_catalog',
    'typeKind', t.typtype,
    'typeModifier', r.modifier,
    'outputFunction', t.typoutput::text
  ) ORDER BY a.attnum) AS columns
  FROM resolved AS r
  JOIN pg_catalog.pg_type AS t ON t.oid = r.type_oid AND t.typtype <> 'd'
  JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.table_oid AND a.attnum = r.attnum
  GROUP BY r.table_oid
)
SELECT pg_catalog.json_build_object(
  'oid', w.oid::bigint,
  'kind', w.kind,
  'schema', n.nspname,
  'name', w.relname,
  'relfilenode', w.relfilenode::bigint,
  'columns', coalesce(d.columns, '[]'),
  'primaryKey', coalesce((
    SELECT pg_catalog.array_to_json(
      (pg_catalog.string_to_array(i.indkey::text, ' ')::int[])[1:i.indnkeyatts]
    )
    FROM pg_catalog.pg_index AS i
    WHERE i.indrelid = w.oid AND i.indisprimary
  ), '[]'),
  'estimatedRows', w.reltuples::bigint,
  'bytes', coalesce(size.heap + coalesce(size.toast, 0), estimate.bytes),
  'heapBlocks', CASE
    WHEN pg_catalog.current_setting('server_version_num')::int < 140000 OR am.amname IS DISTINCT FROM 'heap' THEN 0
    ELSE coalesce(size.heap / estimate.block_size, w.relpages)
  END
) AS description
FROM wanted AS w
JOIN pg_catalog.pg_namespace AS n ON n.oid = w.relnamespace
LEFT JOIN described AS d ON d.table_oid = w.oid
LEFT JOIN pg_catalog.pg_class AS toast ON toast.oid = w.reltoastrelid
LEFT JOIN pg_catalog.pg_am AS am ON am.oid = w.relam
CROSS JOIN LATERAL (
  SELECT pg_catalog.current_setting('block_size')::bigint AS block_size,
    (w.relpages + coalesce(toast.relpages, 0))::bigint * pg_catalog.current_setting('block_size')::bigint AS bytes
) AS estimate
LEFT JOIN LATERAL (
  SELECT pg_catalog.pg_relation_size(w.oid) AS heap, pg_catalog.pg_relation_size(toast.oid) AS toast
  WHERE NOT EXISTS (SELECT FROM exclusively_locked AS l WHERE l.relation IN (w.oid, toast.oid))
) AS size ON true
ORDER BY n.nspname COLLATE "C", w.relname COLLATE "C"
`;
