/** What an operator of the source should hear of: prepared transactions of the database, and how old its oldest row is. */
export const CHECK_SOURCE_HEALTH = `
SELECT
  prepared.count AS prepared,
  pg_catalog.to_char(prepared.since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS prepared_since,
  pg_catalog.age(d.datfrozenxid) AS xid_age
FROM pg_catalog.pg_database AS d
CROSS JOIN LATERAL (
  SELECT pg_catalog.count(*) AS count, pg_catalog.min(x.prepared) AS since
  FROM pg_catalog.pg_prepared_xacts AS x
  WHERE x.database = d.datname
) AS prepared
WHERE d.datname = pg_catalog.current_database()
`;
