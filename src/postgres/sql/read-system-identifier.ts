/** The identity of the whole cluster, the same on its standbys. Some hosters withhold the function. */
export const READ_SYSTEM_IDENTIFIER = `
SELECT system_identifier FROM pg_catalog.pg_control_system()
`;
