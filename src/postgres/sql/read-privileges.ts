/**
 * Owners and grants, column by column where they were given so. $1: class names, $2: oids, pairwise.
 * `grants` is null where nobody ever granted or revoked anything; a grantee that is null is PUBLIC. A sequence that a column
 * owns has the owner of the table.
 */
export const READ_PRIVILEGES = `
WITH source AS (
  SELECT * FROM unnest($1::text[], $2::oid[]) AS source (class, oid)
),
holders (class, oid, attnum, "column", owner, acl) AS (
  SELECT s.class, s.oid, 0, NULL::name, CASE WHEN c.relkind <> 'S' OR NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend AS d
    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.refclassid = d.classid
      AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
  ) THEN c.relowner END, c.relacl
  FROM source AS s JOIN pg_catalog.pg_class AS c ON s.class = 'pg_class' AND c.oid = s.oid
  WHERE c.relkind IN ('r', 'p', 'S')
  UNION ALL
  SELECT s.class, s.oid, a.attnum, a.attname, NULL, a.attacl
  FROM source AS s JOIN pg_catalog.pg_attribute AS a ON s.class = 'pg_class' AND a.attrelid = s.oid
  WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
  UNION ALL
  SELECT s.class, s.oid, 0, NULL, t.typowner, t.typacl
  FROM source AS s JOIN pg_catalog.pg_type AS t ON s.class = 'pg_type' AND t.oid = s.oid
  UNION ALL
  SELECT s.class, s.oid, 0, NULL, p.proowner, p.proacl
  FROM source AS s JOIN pg_catalog.pg_proc AS p ON s.class = 'pg_proc' AND p.oid = s.oid
  UNION ALL
  SELECT s.class, s.oid, 0, NULL, n.nspowner, n.nspacl
  FROM source AS s JOIN pg_catalog.pg_namespace AS n ON s.class = 'pg_namespace' AND n.oid = s.oid
  UNION ALL
  SELECT s.class, s.oid, 0, NULL, c.collowner, NULL
  FROM source AS s JOIN pg_catalog.pg_collation AS c ON s.class = 'pg_collation' AND c.oid = s.oid
  UNION ALL
  SELECT s.class, s.oid, 0, NULL, x.stxowner, NULL
  FROM source AS s JOIN pg_catalog.pg_statistic_ext AS x ON s.class = 'pg_statistic_ext' AND x.oid = s.oid
)
SELECT
  h.class,
  h.oid,
  h.attnum,
  h.column,
  pg_catalog.pg_get_userbyid(h.owner) AS owner,
  CASE WHEN h.acl IS NOT NULL THEN coalesce((
    SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
      'grantee', g.name, 'grantable', g.is_grantable, 'privileges', g.privileges
    ) ORDER BY g.name COLLATE "C" NULLS FIRST, g.is_grantable)
    FROM (
      SELECT
        CASE WHEN a.grantee <> 0 THEN pg_catalog.pg_get_userbyid(a.grantee) END AS name,
        a.is_grantable,
        pg_catalog.json_agg(DISTINCT a.privilege_type) AS privileges
      FROM pg_catalog.aclexplode(h.acl) AS a
      GROUP BY a.grantee, a.is_grantable
    ) AS g
  ), '[]') END AS grants
FROM holders AS h
ORDER BY h.class, h.oid, h.attnum
`;
