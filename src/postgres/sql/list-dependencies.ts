import { FIRST_USER_OID } from './list-needed-objects.ts';

/**
 * What objects depend on directly. $1: class names, $2: oids, pairwise. What belongs to an extension is the extension.
 * `schema` and `name` are given where the target is a table or stands for one.
 */
export const LIST_DEPENDENCIES = `
SELECT DISTINCT
  source.class AS from_class,
  source.oid AS from_oid,
  target_class.relname AS to_class,
  coalesce(e.refobjid, d.refobjid) AS to_oid,
  n.nspname AS schema,
  c.relname AS name
FROM unnest($1::text[], $2::oid[]) AS source (class, oid)
JOIN pg_catalog.pg_class AS source_class
  ON source_class.relname = source.class AND source_class.relnamespace = 'pg_catalog'::regnamespace
JOIN pg_catalog.pg_depend AS d ON d.classid = source_class.oid AND d.objid = source.oid
LEFT JOIN pg_catalog.pg_depend AS e ON e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e'
JOIN pg_catalog.pg_class AS target_class ON target_class.oid = coalesce(e.refclassid, d.refclassid)
LEFT JOIN pg_catalog.pg_class AS c
  ON e.refobjid IS NULL AND d.refclassid = 'pg_catalog.pg_class'::regclass AND c.oid = d.refobjid
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class AS s
  ON source.class = 'pg_class' AND s.oid = source.oid AND s.relkind = 'S'
WHERE d.refobjid >= ${FIRST_USER_OID} AND d.refclassid <> 'pg_catalog.pg_foreign_server'::regclass
  AND NOT (s.oid IS NOT NULL AND d.deptype = 'a')
ORDER BY from_class, from_oid, to_class, to_oid
`;
