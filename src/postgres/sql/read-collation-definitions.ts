/** Collations. The column with the ICU locale has had three names. $1: oids of collations. */
export const READ_COLLATION_DEFINITIONS = `
SELECT
  c.oid,
  n.nspname AS schema,
  c.collname AS name,
  c.collprovider AS provider,
  c.collisdeterministic AS deterministic,
  c.collcollate AS collate,
  c.collctype AS ctype,
  coalesce(more.collation ->> 'colllocale', more.collation ->> 'colliculocale', c.collcollate) AS locale,
  more.collation ->> 'collicurules' AS rules
FROM pg_catalog.pg_collation AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(c) AS collation) AS more
WHERE c.oid = ANY ($1::oid[])
ORDER BY n.nspname COLLATE "C", c.collname COLLATE "C"
`;
