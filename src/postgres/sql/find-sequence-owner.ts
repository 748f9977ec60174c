/** The column of numbers that a sequence belongs to, also as its identity; no row where there is none. $1: it, quoted. */
export const FIND_SEQUENCE_OWNER = `
SELECT
  n.nspname AS schema,
  t.relname AS name,
  a.attname AS column,
  s.seqincrement < 0 AS descends
FROM pg_catalog.pg_depend AS d
JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = d.objid
JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid AND y.typcategory = 'N'
WHERE d.classid = 'pg_catalog.pg_class'::regclass
  AND d.objid = $1::pg_catalog.regclass
  AND d.refclassid = 'pg_catalog.pg_class'::regclass
  AND d.refobjsubid > 0
  AND d.deptype IN ('a', 'i')
`;
