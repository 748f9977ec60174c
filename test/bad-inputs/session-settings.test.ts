import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { HOSTILE_SETTINGS } from '../archive/property/sample-lake.ts';
import { createTestDatabase, runSql } from '../postgres/test-server.ts';
import { Bench, named } from './bench.ts';
import { describeServers, type Server } from './servers.ts';

/** A bench whose archiver signs in as a role with settings of its own, in a process with a time zone of its own. */
function useStrangeRole(server: Server, settings: Readonly<Record<string, string>>): Bench {
  const bench = new Bench();
  const role = `strange_${randomBytes(4).toString('hex')}`;
  let serverUrl: string;
  beforeAll(async () => {
    vi.stubEnv('TZ', 'America/New_York');
    const started = await server.start();
    serverUrl = started.url;
    const url = await createTestDatabase(undefined, serverUrl);
    const set = Object.entries(settings).map(([name, value]) => `ALTER ROLE ${role} SET ${name} = ${value}`);
    await runSql(serverUrl, `CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'x'; ${set.join('; ')}`);
    const archiverUrl = Object.assign(new URL(url), { username: role, password: 'x' }).href;
    await bench.open({ ...server, start: async () => started }, { url, archiverUrl, definitions: '' }, []);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await bench.close();
  });
  return bench;
}

describeServers((server) => {
  describe('a role with settings of its own', () => {
    const bench = useStrangeRole(server, {
      ...HOSTILE_SETTINGS,
      TimeZone: `'America/New_York'`,
      DateStyle: `'SQL, MDY'`,
      IntervalStyle: `'sql_standard'`,
      search_path: `'evil, public'`,
      client_encoding: `'LATIN1'`,
      lock_timeout: '1',
      default_transaction_deferrable: 'on',
    });

    test('B08 hours that a time zone has twice, or not at all, are the instants they were', async () => {
      expect(new Date(0).getTimezoneOffset()).toBe(300);
      await bench.run(`CREATE TABLE instants (at timestamptz, wall timestamp, day date);
        INSERT INTO instants VALUES
          ('2024-11-03 01:30:00-04', '2024-11-03 01:30:00', '2024-11-03'),
          ('2024-11-03 01:30:00-05', '2024-11-03 01:30:00.000001', '1969-12-31'),
          ('2024-03-10 02:30:00-05', '2024-03-10 02:30:00', '2024-03-10'),
          ('1883-11-18 12:03:57.999999-04:56:02', '1883-11-18 12:00:00', '1883-11-18')`);
      const columns = named('at', 'wall', 'day');
      const { rows } = await bench.expectKept(await bench.archive('instants'), columns);
      expect(rows.map(([at]) => at)).toEqual([
        '2024-11-03 05:30:00+00',
        '2024-11-03 06:30:00+00',
        '2024-03-10 07:30:00+00',
        '1883-11-18 16:59:59.999999+00',
      ]);
    });

    test('B75 settings of a role change no value: dates, intervals, bytes, names, nulls and digits', async () => {
      await bench.run(`CREATE SCHEMA evil; CREATE TABLE plain ();
        CREATE TABLE settings (a date, b interval, c bytea, d float8, e regclass, f boolean[], g tstzrange, h xml, i text);
        INSERT INTO settings VALUES ('2024-12-31', '1 year -2 days 03:04:05.6', '\\x00ff', 0.1::float8 + 0.2, 'plain',
          '{t,NULL}', '["2024-12-31 12:00+05:45",infinity]', 'no root', 'back\\slash ''é''')`);
      const columns = named('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i');
      const { rows } = await bench.expectKept(await bench.archive('settings'), columns);
      expect(rows).toEqual([
        [
          '2024-12-31',
          '1 year -2 days +03:04:05.6',
          '\\x00ff',
          '0.30000000000000004',
          'public.plain',
          '{t,NULL}',
          '["2024-12-31 06:15:00+00",infinity]',
          'no root',
          `back\\slash 'é'`,
        ],
      ]);
    });

    test.skipIf(server.major < 17)(
      'B75 a login trigger that sets what it likes changes no value',
      async () => {
        await bench.run(`CREATE FUNCTION login() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN
          SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601'; SET TimeZone = 'Asia/Kathmandu';
          SET array_nulls = off; SET extra_float_digits = -15; SET bytea_output = 'escape';
        END $$;
        CREATE EVENT TRIGGER login ON login EXECUTE FUNCTION login();
        CREATE TABLE after_login (a date, b interval, c timestamptz, d bool[], e float8);
        INSERT INTO after_login VALUES ('2024-12-31', '-1 day', '2024-12-31 12:00Z', '{NULL}', 0.1::float8 + 0.2)`);
        const archived = await bench.archive('after_login');
        const { rows } = await bench.expectKept(archived, named('a', 'b', 'c', 'd', 'e'));
        expect(rows).toEqual([
          ['2024-12-31', '-1 days', '2024-12-31 12:00:00+00', '{NULL}', '0.30000000000000004'],
        ]);
      },
    );
  });
});
