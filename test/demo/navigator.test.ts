import { beforeAll, describe, expect, it } from 'vitest';
import { loadSourceSet } from '../../src/archive/source-set.ts';
import { changeNavigator } from '../../src/demo/navigator-changes.ts';
import { isSeeded, seedNavigator } from '../../src/demo/navigator-seed.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';

type Contents = Readonly<Record<string, string>>;

/** Row count and a digest of all rows, in no order, for every table of the schema public. */
async function readContents(url: string): Promise<Contents> {
  const tables = await runSql(url, `select tablename from pg_tables where schemaname = 'public' order by 1`);
  const digests = tables.map(
    ({ tablename }) =>
      `select '${String(tablename)}' as name, count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as digest
       from public.${String(tablename)} t`,
  );
  const rows = await runSql(url, `set timezone = 'UTC'; ${digests.join(' union all ')}`);
  return Object.fromEntries(rows.map(({ name, digest }) => [String(name), String(digest)]));
}

/** Foreign keys hold when Postgres can check them all again. */
async function recheckForeignKeys(url: string): Promise<number> {
  const keys = await runSql(
    url,
    `select conrelid::regclass::text as "table", conname as name, pg_get_constraintdef(oid) as definition
     from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`,
  );
  const checks = keys.map(
    ({ table, name, definition }) =>
      `alter table ${String(table)} drop constraint ${String(name)}, add constraint ${String(name)} ${String(definition)}`,
  );
  await runSql(url, checks.join('; '));
  return keys.length;
}

let one = '';
let other = '';
let seeded: Contents = {};

beforeAll(async () => {
  one = await createTestDatabase();
  other = await createTestDatabase();
  await Promise.all([seedNavigator(one), seedNavigator(other)]);
  seeded = await readContents(one);
});

describe('the demo database after seeding', () => {
  it('has the same rows in every database', async () => {
    expect(await readContents(other)).toStrictEqual(seeded);
  });

  it('has the 26 tables of the set, each with rows, and one more that a rule of the set leaves out', async () => {
    const { tables, exclude } = await loadSourceSet('navigator');
    const present = await runSql(
      one,
      `select schemaname || '.' || tablename as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    const defined = tables.map(({ schema, name }) => `${schema}.${name}`);
    expect(defined).toHaveLength(26);
    expect(present.map(({ name }) => String(name)).toSorted()).toStrictEqual(
      [...defined, 'matters.projects'].toSorted(),
    );
    expect(exclude.map(({ pattern }) => pattern)).toStrictEqual(['matters.*']);
    expect(Object.values(seeded).filter((digest) => digest.startsWith('0 '))).toStrictEqual([]);
  });

  it('turns bounds off only for columns that exist', async () => {
    const set = await loadSourceSet('navigator');
    const columns = await runSql(
      one,
      `select table_schema || '.' || table_name || '.' || column_name as name from information_schema.columns`,
    );
    const known = new Set(columns.map(({ name }) => String(name)));
    const unknown = set.tables.flatMap(({ schema, name, boundsOff }) =>
      boundsOff.map((column) => `${schema}.${name}.${column}`).filter((column) => !known.has(column)),
    );
    expect(unknown).toStrictEqual([]);
  });

  it('has a few hundred thousand rows and keys on every table', async () => {
    const rows = Object.values(seeded).reduce((sum, digest) => sum + Number(digest.split(' ')[0]), 0);
    expect(rows).toBeGreaterThan(300_000);
    const [keyless] = await runSql(
      one,
      `select count(*)::int as n from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
       and not exists (select from pg_constraint where conrelid = pg_class.oid and contype = 'p')`,
    );
    expect(keyless).toStrictEqual({ n: 0 });
  });

  it('has every type that a mapping exists for', async () => {
    const types = await runSql(
      one,
      `select distinct coalesce(nullif(base.typname, null), typ.typname) as name from pg_attribute
       join pg_class on pg_class.oid = attrelid and relkind = 'r' and relnamespace = 'public'::regnamespace
       join pg_type typ on typ.oid = atttypid left join pg_type base on base.oid = typ.typbasetype
       where attnum > 0`,
    );
    const expected =
      `bool int2 int4 int8 float4 float8 numeric text varchar bpchar uuid json jsonb bytea date time timetz timestamp
      timestamptz interval inet cidr macaddr bit point int4range int8range daterange tstzrange _text _int2 _int4 _int8 _uuid _date
      entity_status email_event_kind`.split(/\s+/);
    expect(types.map(({ name }) => name)).toStrictEqual(expect.arrayContaining(expected));
    const [kinds] = await runSql(
      one,
      `select bool_or(attgenerated = 's') as generated, bool_or(attidentity = 'a') as always, bool_or(typtype = 'd') as domains,
         bool_or(atttypid = 'numeric'::regtype and atttypmod = -1) as unconstrained
       from pg_attribute join pg_class on pg_class.oid = attrelid and relnamespace = 'public'::regnamespace
       join pg_type on pg_type.oid = atttypid where attnum > 0`,
    );
    expect(kinds).toStrictEqual({ generated: true, always: true, domains: true, unconstrained: true });
  });

  it('has the values that no Iceberg type holds', async () => {
    const [found] = await runSql(
      one,
      `select (select count(*) from credentials where valid_until = 'infinity')::int as endless,
         (select count(*) from entities where duration_ends_on = 'infinity')::int as perpetual,
         (select count(*) from share_issuances where appraised_value = 'NaN')::int as nan,
         (select count(*) from entity_billing_profiles where credit_limit = 'NaN')::int as unconstrained_nan,
         (select count(*) from mailrooms where closes_at = '24:00')::int as midnight`,
    );
    expect(Object.values(found ?? {}).every((count) => Number(count) > 0)).toBe(true);
  });

  it('joins requests and deliveries on sg_message_id', async () => {
    const [join] = await runSql(
      one,
      `select count(*)::int as events, count(distinct sent_emails.id)::int as mails,
         (select count(*)::int from email_events) as all_events,
         (select count(*)::int from sent_emails where sg_message_id is not null) as accepted
       from sent_emails join email_events using (sg_message_id)`,
    );
    expect(join?.['events']).toBe(join?.['all_events']);
    expect(join?.['mails']).toBe(join?.['accepted']);
  });

  it('is recognised, and not filled twice', async () => {
    expect(await isSeeded(one)).toBe(true);
    expect(await isSeeded(await createTestDatabase())).toBe(false);
    await expect(seedNavigator(one)).rejects.toMatchObject({ code: 'configuration' });
  });
});

describe('a day in the life of the demo database', () => {
  it('is the same in every database, leaves some tables alone, and is like no other day', async () => {
    await Promise.all([changeNavigator(one, '2026-11-21'), changeNavigator(other, '2026-11-21')]);
    const first = await readContents(one);
    expect(await readContents(other)).toStrictEqual(first);
    const changed = Object.keys(seeded).filter((name) => first[name] !== seeded[name]);
    expect(changed).toHaveLength(20);
    expect(changed).not.toContain('jurisdictions');

    await Promise.all([changeNavigator(one, '2026-11-21'), changeNavigator(other, '2026-11-22')]);
    const [again, next] = await Promise.all([readContents(one), readContents(other)]);
    for (const name of changed) expect(new Set([first[name], again[name], next[name]]).size).toBe(3);
  }, 60_000);

  it('keeps foreign keys, invoices and the path of notations whole', async () => {
    expect(await recheckForeignKeys(other)).toBeGreaterThan(40);
    const [broken] = await runSql(
      other,
      `select (select count(*)::int from invoices where subtotal is distinct from
           (select round(sum(amount), 2) from invoice_line_items where invoice_id = invoices.id)) as invoices,
         (select count(*)::int from notations where state is distinct from
           (select to_state from notation_events where notation_id = notations.id order by position desc limit 1)) as notations`,
    );
    expect(broken).toStrictEqual({ invoices: 0, notations: 0 });
  });

  it('refuses a night that is no date', async () => {
    await expect(changeNavigator(one, 'tomorrow')).rejects.toMatchObject({ code: 'configuration' });
  });

  it('says that the database cannot be reached without naming the password', async () => {
    const failure = await changeNavigator('postgres://postgres:s3cret@127.0.0.1:1/x', '2026-11-21').catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'source-unreachable' });
    expect(String(failure)).not.toContain('s3cret');
  });
});
