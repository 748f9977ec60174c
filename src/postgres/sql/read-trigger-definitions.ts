/** Triggers and rules, except the copies that partitions have of their parent's. $1: oids of triggers, $2: of rules. */
export const READ_TRIGGER_DEFINITIONS = `
SELECT
  'trigger' AS kind,
  t.oid,
  t.tgrelid AS relation,
  t.tgname AS name,
  pg_catalog.pg_get_triggerdef(t.oid) AS definition,
  t.tgenabled AS enabled
FROM pg_catalog.pg_trigger AS t
WHERE t.oid = ANY ($1::oid[]) AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_depend AS d
  WHERE d.classid = 'pg_catalog.pg_trigger'::regclass AND d.objid = t.oid AND d.refclassid = d.classid
)
UNION ALL
SELECT 'rule', r.oid, r.ev_class, r.rulename, pg_catalog.pg_get_ruledef(r.oid), r.ev_enabled
FROM pg_catalog.pg_rewrite AS r
WHERE r.oid = ANY ($2::oid[])
ORDER BY kind, relation, name, oid
`;
