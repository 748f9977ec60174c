/** Schemas by their names. $1: names. */
export const FIND_SCHEMAS = `
SELECT n.oid, n.nspname AS name
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname = ANY ($1::text[])
ORDER BY n.nspname COLLATE "C"
`;
