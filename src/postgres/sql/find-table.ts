import { RELATION_KIND } from './relation-kind.ts';

/** Oid and RelationKind of a relation by its exact name, as the snapshot sees it. $1: schema, $2: name. Text, lest long names be cut. */
export const FIND_TABLE = `
SELECT c.oid, ${RELATION_KIND} AS kind
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1::text AND c.relname = $2::text AND c.relkind IN ('r', 'v', 'm', 'f')
`;
