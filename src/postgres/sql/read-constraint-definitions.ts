/**
 * Constraints of tables and domains, except NOT NULL that holds for all rows, which stands with the column, and
 * constraint triggers, which stand with the triggers. $1: oids of constraints.
 */
export const READ_CONSTRAINT_DEFINITIONS = `
SELECT
  k.oid,
  k.conrelid AS relation,
  k.contypid AS domain,
  k.conname AS name,
  k.contype AS type,
  pg_catalog.pg_get_constraintdef(k.oid) AS definition,
  k.conislocal AS local,
  k.convalidated AS valid,
  k.conparentid <> 0 AS of_partition,
  CASE WHEN k.contype IN ('p', 'u', 'x') THEN k.conindid END AS own_index
FROM pg_catalog.pg_constraint AS k
WHERE k.oid = ANY ($1::oid[]) AND k.contype <> 't' AND NOT (k.contype = 'n' AND k.convalidated)
ORDER BY k.conrelid, k.contypid, k.conname COLLATE "C", k.oid
`;
