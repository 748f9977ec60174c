/** Triggers and rules of a table that an INSERT or COPY sets off; none that the server makes for its own. $1: it, quoted. */
export const LIST_ROW_ACTIONS = `
SELECT t.tgname AS name
FROM pg_catalog.pg_trigger AS t
WHERE t.tgrelid = $1::pg_catalog.regclass AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype & 4 <> 0
UNION ALL
SELECT r.rulename
FROM pg_catalog.pg_rewrite AS r
WHERE r.ev_class = $1::pg_catalog.regclass AND r.ev_type = '3' AND r.ev_enabled IN ('O', 'A')
ORDER BY 1
`;
