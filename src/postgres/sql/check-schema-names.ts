/**
 * Tables, columns and types that are not called any more what the snapshot calls them, because someone altered them
 * since. The functions that write definitions look at the live catalog, and so does pg_identify_object.
 * $1: oids of tables, $2: of types. Wants quote_all_identifiers, as quoting must be the same on both sides.
 */
export const CHECK_SCHEMA_NAMES = `
SELECT n.nspname AS schema, c.relname AS name
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN LATERAL pg_catalog.pg_identify_object('pg_catalog.pg_class'::regclass, c.oid, a.attnum) AS live
WHERE c.oid = ANY ($1::oid[])
  AND live.identity IS DISTINCT FROM pg_catalog.format('%I.%I.%I', n.nspname, c.relname, a.attname)
UNION
SELECT n.nspname, t.typname
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
CROSS JOIN LATERAL pg_catalog.pg_identify_object('pg_catalog.pg_type'::regclass, t.oid, 0) AS live
WHERE t.oid = ANY ($2::oid[]) AND t.typtype <> 'b'
  AND live.identity IS DISTINCT FROM pg_catalog.format('%I.%I', n.nspname, t.typname)
ORDER BY schema, name
LIMIT 1
`;
