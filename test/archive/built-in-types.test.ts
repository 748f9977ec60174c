import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { NEVER_READ_BACK, TYPES_AS_TEXT } from '../../docs/built-in-types.ts';
import { type MappedColumn, mapColumns } from '../../src/archive/mapped-column.ts';
import { TYPE_CONTRACT_VERSION, typeContractOf } from '../../src/archive/type-contract.ts';
import { parseSourceUrl } from '../../src/postgres/connection-settings.ts';
import { describeTable } from '../../src/postgres/describe-table.ts';
import { type LoadPlan, planLoad } from '../../src/postgres/load/load-plan.ts';
import { quoteIdentifier } from '../../src/postgres/quote.ts';
import { openSession } from '../../src/postgres/session.ts';
import { CONFIGURE_SESSION } from '../../src/postgres/sql/configure-session.ts';
import type { ColumnDescription } from '../../src/postgres/table-description.ts';
import { hasDebianPostgres, startDebianPostgres } from '../postgres/debian-postgres.ts';

/**
 * Every type that comes with Postgres has a way into the lake and a way back. The catalog says which there are: a type
 * that a new release adds is not forgotten.
 */
const { rules } = typeContractOf(TYPE_CONTRACT_VERSION);
/** Types that come over the wire as they are. */
const ruled = rules.flatMap(({ types, wire }) => (wire === undefined ? [] : types));
const asText = TYPES_AS_TEXT.flatMap(({ examples }) => Object.entries(examples));

/** All but pseudo-types; a `numeric` with a modifier has another rule than one without. */
const LIST_TYPES = `
  SELECT format('%I.%I', n.nspname, t.typname) AS name FROM pg_catalog.pg_type AS t
  JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
  WHERE t.typtype <> 'p' AND n.nspname IN ('pg_catalog', 'information_schema')
  UNION ALL SELECT 'pg_catalog.numeric(10, 2)'
  ORDER BY 1`;

/** What has elements or parts of other types is left out. */
const LIST_BASE_TYPES = `
  SELECT t.typname AS name FROM pg_catalog.pg_type AS t
  WHERE t.typtype IN ('b', 'r', 'm', 'e') AND t.typnamespace = 'pg_catalog'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS e WHERE e.typarray = t.oid)
  ORDER BY 1`;

type Server = { readonly url: string; readonly stop: () => Promise<void> };

describe.each<[string, boolean, () => Promise<Server>]>([
  [
    'PostgreSQL 18',
    true,
    () => Promise.resolve({ url: inject('postgresUrl'), stop: () => Promise.resolve() }),
  ],
  ["Debian's PostgreSQL 15", hasDebianPostgres, startDebianPostgres],
])('%s', (_name, isPresent, start) => {
  describe.runIf(isPresent)('its own types', () => {
    proveTypes(start);
  });
});

function proveTypes(start: () => Promise<Server>): void {
  const schema = 'every_type';
  const back = { schema, name: 't' };
  let server: Server;
  let client: Client;
  let described: readonly ColumnDescription[];
  let columns: readonly MappedColumn[];

  beforeAll(async () => {
    server = await start();
    client = new Client({ connectionString: server.url });
    await client.connect();
    await client.query(
      `${CONFIGURE_SESSION}; SET default_transaction_read_only = off; CREATE SCHEMA ${schema}`,
    );
    const definitions = (await creatableTypes(client)).map((type, index) => `c${index} ${type}`);
    await client.query(`CREATE TABLE ${schema}.t (${definitions.join(', ')})`);
    const session = await openSession(parseSourceUrl(server.url), { applicationName: 'permafrost test' });
    ({ columns: described } = await describeTable(session, back));
    await session.close();
    columns = mapColumns(described, TYPE_CONTRACT_VERSION);
  });

  afterAll(async () => {
    await client.query(`DROP SCHEMA ${schema} CASCADE`);
    await client.end();
    await server.stop();
  });

  test('each has a rule or is text, and no rule is for a type that is not there', () => {
    expect(columns.length).toBeGreaterThan(500);
    const isRuled = (_: unknown, index: number) => isPlain(columns[index]);
    const native = new Set(described.filter(isRuled).map(({ baseTypeName }) => baseTypeName));
    expect([...native].toSorted()).toEqual(ruled.toSorted());
    const others = columns.filter((column) => !isPlain(column));
    expect(new Set(others.map(({ wire, type }) => `${wire.kind} ${JSON.stringify(type)}`))).toEqual(
      new Set(['text "string"']),
    );
  });

  test('each can be selected as the contract says', async () => {
    const list = columns.map(({ expression }) => expression).join(', ');
    const { fields } = await client.query(`SELECT ${list} FROM ONLY ${schema}.t`);
    expect(fields).toHaveLength(columns.length);
  });

  test('those with a rule are received as they came; all others are made of their text', async () => {
    const native = await planBack(columns.filter(isPlain));
    expect(native.stage).toBeUndefined();
    const whole = await planBack(columns);
    expect(whole.columns).toHaveLength(columns.length);
    // Postgres looks for every input function and cast before it finds that there are no rows.
    await client.query(`BEGIN; ${whole.stage?.create}; ${whole.stage?.move}; ROLLBACK`);
  });

  test('each has its line on the page about types', async () => {
    const names = await listBaseTypes();
    const told = [...ruled.filter((name) => !name.startsWith('_')), ...asText.map(([name]) => name)];
    expect(names).toEqual([...told, ...NEVER_READ_BACK].toSorted());
  });

  test.each(asText)('text of %s looks as on the page: %s', async (type, example) => {
    const name = `pg_catalog.${quoteIdentifier(type)}`;
    // As a string: the driver makes objects of some types.
    const query = { text: `SELECT pg_catalog.concat($1::text::${name}) AS text`, values: [example] };
    const { rows } = await client.query<{ text: string }>(query);
    expect(rows[0]?.text).toBe(example);
  });

  test('Postgres itself refuses to read some of them, from anyone', async () => {
    const refused: string[] = [];
    for (const name of await listBaseTypes()) {
      const reading = client.query(`SELECT ''::pg_catalog.${quoteIdentifier(name)}`);
      const code = await reading.then(
        () => '',
        (error: unknown) => (error instanceof Error && 'code' in error ? error.code : ''),
      );
      if (code === '0A000') refused.push(name);
    }
    expect(refused).toEqual(NEVER_READ_BACK);
  });

  async function listBaseTypes(): Promise<readonly string[]> {
    const { rows } = await client.query<{ name: string }>(LIST_BASE_TYPES);
    return rows.map(({ name }) => name);
  }

  function planBack(chosen: readonly MappedColumn[]): Promise<LoadPlan> {
    const wire = chosen.map(({ name, expression, wire: kind }) => ({
      name,
      expression,
      wire: kind,
      nullable: true,
      companion: false,
    }));
    return planLoad(client, back, wire);
  }
}

/** True where the value goes over the wire as it is. */
function isPlain(column: MappedColumn | undefined): boolean {
  return column !== undefined && column.expression === quoteIdentifier(column.name);
}

/** Of row types of the catalog that have parts of any type, Postgres allows no columns. */
async function creatableTypes(client: Client): Promise<readonly string[]> {
  const creatable: string[] = [];
  const { rows } = await client.query<{ name: string }>(LIST_TYPES);
  for (const { name } of rows) {
    try {
      await client.query(`BEGIN; CREATE TABLE every_type.probe (c ${name})`);
      creatable.push(name);
    } catch (error) {
      expect(error).toMatchObject({ code: '42P16' });
    } finally {
      await client.query('ROLLBACK');
    }
  }
  return creatable;
}
