import type { Client } from 'pg';
import { PermafrostError } from '../errors.ts';
import { runScripts, withClient } from './navigator-database.ts';

const tables = [
  'addresses',
  'answers',
  'blobs',
  'credentials',
  'disclosures',
  'documents',
  'email_events',
  'entities',
  'entity_billing_profiles',
  'entity_types',
  'git_repositories',
  'invoice_line_items',
  'invoices',
  'jurisdictions',
  'letters',
  'mailrooms',
  'notation_events',
  'notations',
  'person_entity_roles',
  'person_project_roles',
  'persons',
  'questions',
  'relationship_logs',
  'sent_emails',
  'share_issuances',
  'templates',
];

/**
 * Fills an empty database with the demo's source: the 26 tables of `navigator` and some 355,000 rows, the same
 * ones every time. All or nothing. Refuses a database that has any of the tables.
 */
export async function seedNavigator(url: string): Promise<void> {
  await withClient(url, async (client) => {
    if ((await presentTables(client)) > 0) {
      throw new PermafrostError('configuration', 'the database to be filled has some of the tables already', {
        cure: 'name an empty database',
      });
    }
    await runScripts(client, [
      'navigator-schema.sql',
      'navigator-dice.sql',
      'navigator-seed.sql',
      'navigator-keys.sql',
    ]);
    // Sets the row estimates that a night is planned with; else they would be unknown for the first minute.
    await client.query('vacuum');
  });
}

/** True where `seedNavigator` has filled this database. */
export async function isSeeded(url: string): Promise<boolean> {
  return withClient(url, async (client) => (await presentTables(client)) === tables.length);
}

async function presentTables(client: Client): Promise<number> {
  const found = await client.query<{ count: number }>(
    `select count(*)::integer as count from pg_catalog.pg_tables where schemaname = 'public' and tablename = any($1)`,
    [tables],
  );
  return found.rows[0]?.count ?? 0;
}
