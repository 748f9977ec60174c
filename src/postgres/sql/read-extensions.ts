/** Extensions, and where their objects are. $1: oids of extensions. */
export const READ_EXTENSIONS = `
SELECT e.oid, e.extname AS name, e.extversion AS version, n.nspname AS schema
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.oid = ANY ($1::oid[])
ORDER BY e.extname COLLATE "C"
`;
