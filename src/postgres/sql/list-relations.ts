import { FIRST_USER_OID } from './list-needed-objects.ts';
import { RELATION_KIND } from './relation-kind.ts';

/**
 * Everything of the source that has rows of its own or stands for some, as the snapshot sees it; of the kinds of
 * relations only those are passed over that are known to have none (indexes, sequences, composite types) or to be part of
 * a table (TOAST). What initdb made has lower oids than all that came later, whatever its schema. Sizes need a lock on
 * the table: where someone holds or wants it exclusively, the estimate of the last VACUUM stands in, so that the list
 * never waits.
 */
export const LIST_RELATIONS = `
WITH exclusively_locked AS MATERIALIZED (
  SELECT relation FROM pg_catalog.pg_locks WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock'
)
SELECT
  c.oid,
  n.nspname AS schema,
  c.relname AS name,
  c.relkind AS letter,
  ${RELATION_KIND} AS kind,
  c.relpersistence AS persistence,
  c.reltuples::bigint AS estimated_rows,
  CASE WHEN c.relkind NOT IN ('r', 'm') THEN 0
    WHEN EXISTS (SELECT FROM exclusively_locked AS l WHERE l.relation IN (c.oid, t.oid)) THEN estimate.bytes
    ELSE coalesce(pg_catalog.pg_relation_size(c.oid) + coalesce(pg_catalog.pg_relation_size(t.oid), 0), estimate.bytes)
  END AS bytes,
  coalesce(
    pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'), false
  ) AS may_select,
  coalesce(pg_catalog.row_security_active(c.oid), false) AS rows_hidden,
  CASE WHEN c.relispartition THEN
    (SELECT pg_catalog.array_to_json(pg_catalog.array_agg(relid::oid::bigint))
     FROM pg_catalog.pg_partition_ancestors(c.oid) AS a (relid))
  END AS ancestors
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class AS t ON t.oid = c.reltoastrelid
CROSS JOIN LATERAL (
  SELECT (c.relpages + coalesce(t.relpages, 0))::bigint * pg_catalog.current_setting('block_size')::bigint AS bytes
) AS estimate
WHERE c.relkind NOT IN ('i', 'I', 'S', 't', 'c') AND c.oid >= ${FIRST_USER_OID}
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
`;
