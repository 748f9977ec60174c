/** Those of the extensions $1 that the server does not offer. */
export const LIST_MISSING_EXTENSIONS = `
SELECT wanted.name
FROM pg_catalog.unnest($1::text[]) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_available_extensions AS a WHERE a.name = wanted.name)
ORDER BY 1
`;
