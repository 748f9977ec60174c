import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runSql } from '../postgres/test-server.ts';
import { Bench, named } from './bench.ts';
import { describeServers, type Server, shareServer } from './servers.ts';

/** A bench whose database has an encoding of its own. */
function useEncoding(server: Server, encoding: string): Bench {
  const bench = new Bench();
  beforeAll(async () => {
    const { url: serverUrl, stop } = await server.start();
    const name = `b21_${encoding.toLowerCase()}`;
    const create = `CREATE DATABASE ${name} ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`;
    await runSql(serverUrl, create);
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    await bench.open({ ...server, start: async () => ({ url: url.href, stop }) }, { url: url.href }, []);
  });
  afterAll(() => bench.close());
  return bench;
}

describeServers((one) => {
  const server = shareServer(one);

  describe('a database that knows no encoding', () => {
    const bench = useEncoding(server, 'SQL_ASCII');

    test('B21 UTF-8 is kept, and bytes that are none fail their table, each alone', async () => {
      await bench.run(`CREATE TABLE good (a text, b json, c "char"[], d bytea);
        INSERT INTO good VALUES ('é \ufffd \u{10ffff}', '"é"', '{a}', '\\xff'), ('', NULL, NULL, '\\x');
        CREATE TABLE bad (id int, a text); INSERT INTO bad VALUES (1, 'fine'), (2, E'caf\\xe9');
        CREATE TABLE bad_json (a json); INSERT INTO bad_json SELECT ('"' || E'\\xe9' || '"')::json;
        CREATE TABLE bad_array (a text[], b interval); INSERT INTO bad_array VALUES (ARRAY[E'a\\xff', 'b']);
        CREATE TABLE bad_list (a varchar[]); INSERT INTO bad_list VALUES (ARRAY[[E'a\\xff', 'b']])`);
      const good = await bench.archive('good');
      await bench.expectKept(good, named('a', 'b', 'c', 'd'));
      const failed = await bench.sample.attempt('2026-02-28', ['public.bad*'], {});
      expect(failed).toHaveLength(4);
      for (const table of failed)
        expect(table).toMatchObject({ kind: 'failed', code: 'value-unrepresentable' });
      expect(JSON.stringify(failed)).not.toMatch(/caf|\ufffd/);
    });
  });

  describe('a database in Latin 1', () => {
    const bench = useEncoding(server, 'LATIN1');

    test('B21 every character of Latin 1 becomes what it is in UTF-8, and comes back', async () => {
      await bench.run(`CREATE TABLE latin ("é" text, b char(3), c jsonb, d text[], e "char");
        INSERT INTO latin SELECT chr(g), chr(g), to_jsonb(chr(g)), ARRAY[chr(g), NULL], 'x'
        FROM generate_series(1, 255) g`);
      const archived = await bench.archive('latin');
      expect(archived.rows).toBe(255);
      const { rows } = await bench.expectKept(archived, named('é', 'b', 'c', 'd', 'e'));
      expect(rows.map(([text]) => text?.codePointAt(0))).toEqual(
        Array.from({ length: 255 }, (_, index) => index + 1),
      );
    });
  });

  describe('a database in an encoding that has more than Unicode', () => {
    const bench = useEncoding(server, 'EUC_TW');

    test('B21 a character that UTF-8 does not have fails its table, and no other', async () => {
      await bench.run(`SET client_encoding = 'SQL_ASCII';
        CREATE TABLE mapped (a text); INSERT INTO mapped VALUES (E'\\xc4\\xe3'), ('x');
        CREATE TABLE unmapped (a text); INSERT INTO unmapped VALUES (E'\\x8e\\xa7\\xfe\\xfe');
        SET client_encoding = 'UTF8'`);
      const archived = await bench.archive('mapped');
      await bench.expectKept(archived, named('a'));
      expect(await bench.attempt('unmapped')).toMatchObject({
        kind: 'failed',
        code: 'value-unrepresentable',
        message: expect.stringContaining('22P05'),
      });
    });
  });
});
