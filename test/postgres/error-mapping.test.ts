import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { mapDatabaseError } from '../../src/postgres/error-mapping.ts';
import { createTestDatabase, withClient } from './test-server.ts';

test.each([
  ['a value in the message', "SELECT 'CANARY'::int", 'unexpected', '22P02'],
  ['a row in the detail', "INSERT INTO t VALUES (-1, 'CANARY')", 'unexpected', '23514'],
  ['a key in the detail', "INSERT INTO t VALUES (1, 'CANARY'), (1, 'CANARY')", 'unexpected', '23505'],
  ['a function that raises the row', "DO $$ BEGIN RAISE EXCEPTION 'CANARY'; END $$", 'unexpected', 'P0001'],
  ['a statement in the position', 'SELECT "CANARY" FROM t', 'table-changed', '42703'],
  ['a table that is not there', 'SELECT FROM canary', 'table-not-found', '42P01'],
])('P8: %s stays with the server', async (_case, sql, code, sqlState) => {
  const url = await createTestDatabase();
  const error = await withClient(url, async (client) => {
    await client.query('CREATE TABLE t (a int PRIMARY KEY CHECK (a > 0), b text)');
    return client.query(sql).catch((caught: unknown) => mapDatabaseError(caught, 'reading t'));
  });
  expect(error).toMatchObject({ code, message: expect.stringMatching(`^reading t: .*SQLSTATE ${sqlState}`) });
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('CANARY');
});

test('an error of ours passes as it is', () => {
  const first = mapDatabaseError(new Error('x'), 'first');
  expect(mapDatabaseError(first, 'second')).toBe(first);
});
