/**
 * What a load must know of the columns of a table, as JSON, in order. $1: the table, quoted. Domains are followed down
 * to what they are built on, with the modifier that applies there. `inputFunction` is null where the function that
 * reads the type's text cannot be called in SQL: those of arrays, composites and ranges do not tell their type. Those of
 * regproc and regoper take no argument types, which the archive holds.
 */
export const DESCRIBE_LOAD = `
WITH RECURSIVE resolved (attnum, type_oid, modifier) AS (
  SELECT a.attnum, a.atttypid, a.atttypmod
  FROM pg_catalog.pg_attribute AS a
  WHERE a.attrelid = $1::pg_catalog.regclass AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT r.attnum, d.typbasetype, d.typtypmod
  FROM resolved AS r
  JOIN pg_catalog.pg_type AS d ON d.oid = r.type_oid AND d.typtype = 'd'
)
SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
  'name', a.attname,
  'generated', a.attgenerated <> '',
  'declaredType', pg_catalog.format_type(a.atttypid, a.atttypmod),
  'baseTypeOid', t.oid::bigint,
  'typeKind', t.typtype,
  'elementOid', t.typelem::bigint,
  'baseType', pg_catalog.format('%I.%I', n.nspname, t.typname),
  'inputFunction', CASE
    WHEN t.oid = 'pg_catalog.regproc'::pg_catalog.regtype THEN 'pg_catalog.regprocedurein'
    WHEN t.oid = 'pg_catalog.regoper'::pg_catalog.regtype THEN 'pg_catalog.regoperatorin'
    WHEN p.prorettype = t.oid THEN pg_catalog.format('%I.%I', pn.nspname, p.proname)
  END,
  'inputArguments', CASE p.pronargs
    WHEN 1 THEN ''
    WHEN 2 THEN pg_catalog.format(', %s', parameter.oid)
    ELSE pg_catalog.format(', %s, %s', parameter.oid, r.modifier)
  END
) ORDER BY a.attnum)::text AS columns
FROM resolved AS r
JOIN pg_catalog.pg_type AS t ON t.oid = r.type_oid AND t.typtype <> 'd'
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_proc AS p ON p.oid = t.typinput
JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.pronamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = $1::pg_catalog.regclass AND a.attnum = r.attnum
CROSS JOIN LATERAL (SELECT CASE WHEN t.typelem <> 0 THEN t.typelem ELSE t.oid END AS oid) AS parameter
`;
