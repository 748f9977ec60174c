/**
 * Settings of every session, in one round trip. The search path is emptied first, so that nothing of the source can
 * stand in for a function or operator of the system in what follows. Settings that a server does not have are left out.
 * Without parallel and index scans, rows come in the order of the table: whichever way a row is counted, it is the same.
 *
 * The long text is made to be thrown away. glibc's malloc learns from the first large block that it frees how much memory
 * to keep; until then a COPY of a SELECT gives the memory of each row back to the kernel and asks for it again, which
 * takes a sixth of the backend's time with short rows and four fifths with 300 columns (mallopt(3), M_MMAP_THRESHOLD).
 */
export const CONFIGURE_SESSION = `
SELECT pg_catalog.set_config('search_path', '', false);
SELECT pg_catalog.length(pg_catalog.repeat(' ', 4194304));
SELECT pg_catalog.set_config(s.name, wanted.value, false)
FROM (VALUES
  ('DateStyle', 'ISO'),
  ('IntervalStyle', 'postgres'),
  ('extra_float_digits', '3'),
  ('TimeZone', 'UTC'),
  ('bytea_output', 'hex'),
  ('client_encoding', 'UTF8'),
  ('standard_conforming_strings', 'on'),
  ('xmloption', 'content'),
  ('array_nulls', 'on'),
  ('quote_all_identifiers', 'off'),
  ('synchronize_seqscans', 'off'),
  ('max_parallel_workers_per_gather', '0'),
  ('enable_indexonlyscan', 'off'),
  ('statement_timeout', '0'),
  ('lock_timeout', '0'),
  ('idle_in_transaction_session_timeout', '0'),
  ('idle_session_timeout', '0'),
  ('transaction_timeout', '0'),
  ('client_connection_check_interval', '10s'),
  ('row_security', 'off'),
  ('restrict_nonsystem_relation_kind', 'view, foreign-table'),
  ('default_transaction_read_only', 'on')
) AS wanted (name, value)
JOIN pg_catalog.pg_settings AS s ON lower(s.name) = lower(wanted.name);
SELECT
  pg_catalog.version() AS banner,
  pg_catalog.current_setting('server_version') AS version,
  pg_catalog.current_setting('server_version_num') AS version_number,
  pg_catalog.pg_is_in_recovery() AS in_recovery,
  pg_catalog.pg_backend_pid() AS backend_pid
`;
