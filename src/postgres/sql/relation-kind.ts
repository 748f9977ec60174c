/** The RelationKind of a row `c` of pg_class; null for what no rows can be read from as they stand. */
export const RELATION_KIND = `CASE c.relkind
    WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
  END`;
