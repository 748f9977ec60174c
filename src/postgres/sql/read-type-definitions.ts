/**
 * Types; `kind` is pg_type.typtype, or `array`, or `row` for what stands for a table. $1: oids of types.
 */
export const READ_TYPE_DEFINITIONS = `
SELECT
  t.oid,
  n.nspname AS schema,
  t.typname AS name,
  CASE
    WHEN EXISTS (SELECT FROM pg_catalog.pg_type AS e WHERE e.typarray = t.oid) THEN 'array'
    WHEN t.typtype = 'c' AND c.relkind <> 'c' THEN 'row'
    ELSE t.typtype::text
  END AS kind,
  c.oid AS relation,
  (
    SELECT pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder)
    FROM pg_catalog.pg_enum AS e
    WHERE e.enumtypid = t.oid
  ) AS labels,
  CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END AS base,
  CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation THEN
    pg_catalog.format('%I.%I', cn.nspname, co.collname)
  END AS collation,
  pg_catalog.pg_get_expr(t.typdefaultbin, 0) AS default,
  t.typnotnull AS not_null,
  k.conname AS not_null_name,
  pg_catalog.format_type(r.rngsubtype, NULL) AS subtype,
  CASE WHEN NOT o.opcdefault THEN pg_catalog.format('%I.%I', opn.nspname, o.opcname) END AS opclass,
  CASE WHEN r.rngcollation <> s.typcollation THEN pg_catalog.format('%I.%I', rcn.nspname, rc.collname) END AS range_collation,
  CASE WHEN r.rngcanonical::oid <> 0 THEN r.rngcanonical::text END AS canonical,
  CASE WHEN r.rngsubdiff::oid <> 0 THEN r.rngsubdiff::text END AS subtype_diff,
  pg_catalog.format_type((pg_catalog.to_jsonb(r) ->> 'rngmultitypid')::oid, NULL) AS multirange
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
LEFT JOIN pg_catalog.pg_collation AS co ON co.oid = t.typcollation
LEFT JOIN pg_catalog.pg_namespace AS cn ON cn.oid = co.collnamespace
LEFT JOIN pg_catalog.pg_constraint AS k ON k.contypid = t.oid AND k.contype = 'n'
LEFT JOIN pg_catalog.pg_range AS r ON r.rngtypid = t.oid
LEFT JOIN pg_catalog.pg_type AS s ON s.oid = r.rngsubtype
LEFT JOIN pg_catalog.pg_opclass AS o ON o.oid = r.rngsubopc
LEFT JOIN pg_catalog.pg_namespace AS opn ON opn.oid = o.opcnamespace
LEFT JOIN pg_catalog.pg_collation AS rc ON rc.oid = r.rngcollation
LEFT JOIN pg_catalog.pg_namespace AS rcn ON rcn.oid = rc.collnamespace
WHERE t.oid = ANY ($1::oid[])
ORDER BY n.nspname COLLATE "C", t.typname COLLATE "C"
`;
