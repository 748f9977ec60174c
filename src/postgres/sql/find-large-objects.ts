/** Large objects are counted up to here, since there may be a hundred million of them. */
export const MOST_COUNTED = 1_000_000;

/**
 * How many large objects the snapshot sees, and the columns that are there to number them, as a JSON array: those of the
 * domain `lo`, and those that a trigger of lo_manage() names in its first argument.
 */
export const FIND_LARGE_OBJECTS = `
WITH managed AS (
  SELECT t.tgrelid, pg_catalog.convert_from(
    pg_catalog.substr(t.tgargs, 1, greatest(pg_catalog."position"(t.tgargs, '\\x00'::bytea) - 1, 0)),
    pg_catalog.getdatabaseencoding()
  ) AS name
  FROM pg_catalog.pg_trigger AS t
  JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
  WHERE p.proname = 'lo_manage' AND NOT t.tgisinternal
),
numbering AS (
  SELECT n.nspname, c.relname, a.attname
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
    AND (
      a.atttypid IN (SELECT oid FROM pg_catalog.pg_type WHERE typname = 'lo' AND typtype = 'd')
      OR EXISTS (SELECT FROM managed AS m WHERE m.tgrelid = a.attrelid AND m.name = a.attname)
    )
)
SELECT
  (
    SELECT pg_catalog.count(*)
    FROM (SELECT FROM pg_catalog.pg_largeobject_metadata LIMIT ${MOST_COUNTED}) AS counted
  ) AS objects,
  (
    SELECT pg_catalog.json_agg(
      pg_catalog.format('%s.%s.%s', nspname, relname, attname)
      ORDER BY nspname COLLATE "C", relname COLLATE "C", attname COLLATE "C"
    )
    FROM numbering
  ) AS columns
`;
