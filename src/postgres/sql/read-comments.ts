/** Comments on objects and on their columns. $1: class names, $2: oids, pairwise. */
export const READ_COMMENTS = `
SELECT source.class, source.oid, d.objsubid AS attnum, a.attname AS column, d.description AS comment
FROM unnest($1::text[], $2::oid[]) AS source (class, oid)
JOIN pg_catalog.pg_class AS c
  ON c.relname = source.class AND c.relnamespace = 'pg_catalog'::regnamespace
JOIN pg_catalog.pg_description AS d ON d.classoid = c.oid AND d.objoid = source.oid
LEFT JOIN pg_catalog.pg_attribute AS a
  ON source.class = 'pg_class' AND a.attrelid = source.oid AND a.attnum = d.objsubid AND d.objsubid > 0
ORDER BY source.class, source.oid, d.objsubid
`;
