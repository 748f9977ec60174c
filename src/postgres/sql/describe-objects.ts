/** Objects in words, as the server says them. $1: class names, $2: oids, pairwise. */
export const DESCRIBE_OBJECTS = `
SELECT source.class, source.oid, pg_catalog.pg_describe_object(c.oid, source.oid, 0) AS description
FROM unnest($1::text[], $2::oid[]) AS source (class, oid)
JOIN pg_catalog.pg_class AS c
  ON c.relname = source.class AND c.relnamespace = 'pg_catalog'::regnamespace
ORDER BY source.class, source.oid
`;
