/** Extended statistics. $1: oids of statistics objects. */
export const READ_STATISTICS_DEFINITIONS = `
SELECT
  s.oid,
  s.stxrelid AS relation,
  n.nspname AS schema,
  s.stxname AS name,
  pg_catalog.pg_get_statisticsobjdef(s.oid) AS definition,
  pg_catalog.to_jsonb(s) ->> 'stxstattarget' AS target
FROM pg_catalog.pg_statistic_ext AS s
JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace
WHERE s.oid = ANY ($1::oid[])
ORDER BY n.nspname COLLATE "C", s.stxname COLLATE "C"
`;
