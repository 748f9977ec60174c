/** What initdb made has a lower oid, and every server has it. */
export const FIRST_USER_OID = 16_384;

/**
 * Everything that tables consist of and need, as `pg_class`-like class name and oid. $1: oids of tables.
 * A foreign key, policy, rule or trigger names other tables without taking them along; a sequence does not take along
 * the table that owns it, unless it is that table's identity. What belongs to an extension is the extension. Of a view or
 * a foreign table it is what a table with its columns needs: neither the query nor the server.
 */
export const LIST_NEEDED_OBJECTS = `
WITH RECURSIVE needed (class, oid) AS (
  SELECT
    CASE WHEN e.refobjid IS NULL THEN 'pg_catalog.pg_class'::regclass ELSE 'pg_catalog.pg_extension'::regclass END::oid,
    coalesce(e.refobjid, c.oid)
  FROM pg_catalog.pg_class AS c
  LEFT JOIN pg_catalog.pg_depend AS e
    ON e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
  WHERE c.oid = ANY ($1::oid[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  UNION
  SELECT step.class, step.oid
  FROM needed AS n
  CROSS JOIN LATERAL (
    SELECT 'pg_catalog.pg_attrdef'::regclass::oid, d.oid
    FROM pg_catalog.pg_attrdef AS d
    WHERE n.class = 'pg_catalog.pg_class'::regclass AND d.adrelid = n.oid
    UNION ALL
    SELECT 'pg_catalog.pg_constraint'::regclass::oid, k.oid
    FROM pg_catalog.pg_constraint AS k
    WHERE n.class = 'pg_catalog.pg_class'::regclass AND k.conrelid = n.oid
    UNION ALL
    SELECT 'pg_catalog.pg_constraint'::regclass::oid, k.oid
    FROM pg_catalog.pg_constraint AS k
    WHERE n.class = 'pg_catalog.pg_type'::regclass AND k.contypid = n.oid
    UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass::oid, i.indexrelid
    FROM pg_catalog.pg_index AS i
    WHERE n.class = 'pg_catalog.pg_class'::regclass AND i.indrelid = n.oid
    UNION ALL
    SELECT 'pg_catalog.pg_trigger'::regclass::oid, g.oid
    FROM pg_catalog.pg_trigger AS g
    WHERE n.class = 'pg_catalog.pg_class'::regclass AND g.tgrelid = n.oid AND NOT g.tgisinternal
    UNION ALL
    SELECT 'pg_catalog.pg_policy'::regclass::oid, p.oid
    FROM pg_catalog.pg_policy AS p
    WHERE n.class = 'pg_catalog.pg_class'::regclass AND p.polrelid = n.oid
    UNION ALL
    SELECT 'pg_catalog.pg_rewrite'::regclass::oid, r.oid
    FROM pg_catalog.pg_rewrite AS r
    WHERE n.class = 'pg_catalog.pg_class'::regclass AND r.ev_class = n.oid AND r.ev_type <> '1'
    UNION ALL
    SELECT 'pg_catalog.pg_statistic_ext'::regclass::oid, x.oid
    FROM pg_catalog.pg_statistic_ext AS x
    WHERE n.class = 'pg_catalog.pg_class'::regclass AND x.stxrelid = n.oid
    UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass::oid, s.oid
    FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
    WHERE n.class = 'pg_catalog.pg_class'::regclass AND d.classid = n.class
      AND d.refclassid = n.class AND d.refobjid = n.oid AND d.deptype IN ('a', 'i')
    UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass::oid, t.typrelid
    FROM pg_catalog.pg_type AS t
    WHERE n.class = 'pg_catalog.pg_type'::regclass AND t.oid = n.oid AND t.typrelid <> 0
    UNION ALL
    SELECT
      CASE WHEN e.refobjid IS NULL THEN d.refclassid ELSE e.refclassid END,
      coalesce(e.refobjid, d.refobjid)
    FROM pg_catalog.pg_depend AS d
    LEFT JOIN pg_catalog.pg_depend AS e
      ON e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e'
    WHERE d.classid = n.class AND d.objid = n.oid AND d.refobjid >= ${FIRST_USER_OID}
      AND d.refclassid <> 'pg_catalog.pg_foreign_server'::regclass
      AND NOT (
        d.refclassid = 'pg_catalog.pg_class'::regclass AND n.class IN (
          'pg_catalog.pg_constraint'::regclass, 'pg_catalog.pg_policy'::regclass,
          'pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_trigger'::regclass
        )
      )
      AND NOT (
        d.refclassid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'a' AND EXISTS (
          SELECT FROM pg_catalog.pg_class AS s
          WHERE n.class = 'pg_catalog.pg_class'::regclass AND s.oid = n.oid AND s.relkind = 'S'
        )
      )
  ) AS step (class, oid)
)
SELECT c.relname AS class, n.oid
FROM needed AS n
JOIN pg_catalog.pg_class AS c ON c.oid = n.class
ORDER BY c.relname, n.oid
`;
