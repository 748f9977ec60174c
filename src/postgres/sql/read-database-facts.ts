/** What a database must have in common with the source for its values to mean the same. */
export const READ_DATABASE_FACTS = `
SELECT
  d.datname AS name,
  pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
  coalesce(more.database ->> 'datlocprovider', 'c') AS locale_provider,
  coalesce(more.database ->> 'datlocale', more.database ->> 'daticulocale') AS locale,
  d.datcollate AS collate,
  d.datctype AS ctype,
  pg_catalog.current_setting('lc_monetary') AS lc_monetary
FROM pg_catalog.pg_database AS d
CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(d) AS database) AS more
WHERE d.datname = pg_catalog.current_database()
`;
