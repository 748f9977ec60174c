/**
 * What a table is now, whatever the snapshot says: both functions look at the live catalog.
 * $1: oid of the table, $2: its quoted name.
 */
export const CHECK_LOCKED_TABLE = `
SELECT
  pg_catalog.pg_relation_filenode($1::oid) AS filenode,
  pg_catalog.to_regclass($2)::oid AS named_oid
`;
