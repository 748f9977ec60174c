/** What the running transaction sees, as 32 hex digits: equal under the same snapshot, also on PostgreSQL 12. */
export const SNAPSHOT_FINGERPRINT = 'pg_catalog.md5(pg_catalog.txid_current_snapshot()::pg_catalog.text)';

/**
 * Exports the snapshot of the running transaction. Everything committed well before the position is in the snapshot;
 * of what was committed in the same moment some may be and some may not.
 */
export const EXPORT_SNAPSHOT = `
SELECT
  pg_catalog.pg_export_snapshot() AS snapshot_id,
  ${SNAPSHOT_FINGERPRINT} AS fingerprint,
  CASE WHEN pg_catalog.pg_is_in_recovery()
    THEN pg_catalog.pg_last_wal_replay_lsn()
    ELSE pg_catalog.pg_current_wal_lsn()
  END AS lsn,
  pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS exported_at,
  d.oid AS database_oid
FROM pg_catalog.pg_database AS d
WHERE d.datname = pg_catalog.current_database()
`;
