/** Settings, of the server or of the user, by which damaged rows are passed over without an error. */
export const FIND_HIDDEN_DAMAGE = `
SELECT pg_catalog.string_agg(name, ' and ' ORDER BY name) AS settings
FROM pg_catalog.pg_settings
WHERE name IN ('ignore_checksum_failure', 'zero_damaged_pages') AND setting = 'on'
`;
