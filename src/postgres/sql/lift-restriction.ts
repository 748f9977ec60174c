/**
 * Lets the transaction read views or foreign tables of the source, where the server has the restriction, as long as the
 * savepoint lasts. $1: what stays restricted.
 */
export const LIFT_RESTRICTION = `
SELECT pg_catalog.set_config(s.name, $1, true)
FROM pg_catalog.pg_settings AS s
WHERE s.name = 'restrict_nonsystem_relation_kind'
`;
