/** Row-level security policies; `roles` holds null for PUBLIC. $1: oids of policies. */
export const READ_POLICY_DEFINITIONS = `
SELECT
  p.oid,
  p.polrelid AS relation,
  p.polname AS name,
  p.polcmd AS command,
  p.polpermissive AS permissive,
  (
    SELECT pg_catalog.json_agg(r.rolname ORDER BY r.rolname COLLATE "C")
    FROM unnest(p.polroles) AS member (oid)
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = member.oid
  ) AS roles,
  pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS using_expression,
  pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS check_expression
FROM pg_catalog.pg_policy AS p
WHERE p.oid = ANY ($1::oid[])
ORDER BY p.polrelid, p.polname COLLATE "C"
`;
