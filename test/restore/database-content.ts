import { escapeIdentifier } from 'pg';
import { withClient } from '../postgres/test-server.ts';

/** What a database holds, told by Postgres alone: rows of each table whatever their order, and where sequences stand. */
export type DatabaseContent = {
  /** Row count and MD5 of the rows' texts, by table. */
  readonly tables: Readonly<Record<string, string>>;
  readonly sequences: Readonly<Record<string, string>>;
};

const SETTINGS = `SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET bytea_output = 'hex';
  SET extra_float_digits = 3; SET search_path = ''; SET row_security = off`;

const RELATIONS = `
  SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'S') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  ORDER BY 1, 2`;

export async function readDatabase(url: string): Promise<DatabaseContent> {
  return withClient(url, async (client) => {
    await client.query(SETTINGS);
    const { rows } = await client.query<{ schema: string; name: string; kind: string }>(RELATIONS);
    const tables: Record<string, string> = {};
    const sequences: Record<string, string> = {};
    for (const { schema, name, kind } of rows) {
      const quoted = `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
      const found = await client.query<{ content: string }>(
        kind === 'S'
          ? `SELECT last_value || ' ' || is_called AS content FROM ${quoted}`
          : `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C")), '') AS content FROM ONLY ${quoted} AS t`,
      );
      (kind === 'S' ? sequences : tables)[`${schema}.${name}`] = found.rows[0]?.content ?? '';
    }
    return { tables, sequences };
  });
}
