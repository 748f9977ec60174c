/**
 * Names of tables and of what rows are read from like from them, and the extension that each belongs to, as the snapshot
 * sees them. $1: oids.
 */
export const FIND_TABLES = `
SELECT c.oid, n.nspname AS schema, c.relname AS name, e.refobjid AS extension
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_depend AS e
  ON e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
WHERE c.oid = ANY ($1::oid[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
`;
