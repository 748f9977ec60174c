/** Functions and procedures as the server writes them; it cannot write aggregates, which are left out. $1: oids of functions. */
export const READ_FUNCTION_DEFINITIONS = `
SELECT
  p.oid,
  n.nspname AS schema,
  p.proname AS name,
  pg_catalog.pg_get_function_identity_arguments(p.oid) AS arguments,
  p.prokind = 'p' AS procedure,
  pg_catalog.pg_get_functiondef(p.oid) AS definition
FROM (
  SELECT * FROM pg_catalog.pg_proc WHERE oid = ANY ($1::oid[]) AND prokind <> 'a' OFFSET 0
) AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", p.oid
`;
