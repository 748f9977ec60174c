/** Extensions that keep a table's rows elsewhere: reading ONLY the table would find it empty, without any error. */
export const FIND_SHARDING_EXTENSION = `
SELECT 'Citus' AS extension
FROM pg_catalog.pg_extension
WHERE extname = 'citus'
UNION ALL
SELECT 'TimescaleDB'
WHERE EXISTS (
  SELECT
  FROM pg_catalog.pg_inherits AS i
  JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname = '_timescaledb_internal'
)
`;
