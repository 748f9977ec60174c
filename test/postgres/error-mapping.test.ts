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

test('F05: the victim of a deadlock is tried again: the exported snapshot lives on with its holder', async () => {
  const url = await createTestDatabase();
  const error = await withClient(url, (first) =>
    withClient(url, async (second) => {
      await first.query("CREATE TABLE a (i int); CREATE TABLE b (i int); SET deadlock_timeout = '1h'");
      await second.query("SET deadlock_timeout = '10ms'");
      for (const client of [first, second]) await client.query('BEGIN');
      await first.query('LOCK TABLE a');
      await second.query('LOCK TABLE b');
      const blocked = first.query('LOCK TABLE b');
      const failed = await second
        .query('LOCK TABLE a')
        .catch((caught: unknown) => mapDatabaseError(caught, 'locking'));
      await blocked;
      return failed;
    }),
  );
  expect(error).toMatchObject({ code: 'source-unreachable', message: expect.stringContaining('40P01') });
});

test('F05: so is a read that a standby cancels in favour of replication', async () => {
  const conflict = "DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$";
  const error = await withClient(await createTestDatabase(), (client) =>
    client.query(conflict).catch((caught: unknown) => mapDatabaseError(caught, 'reading')),
  );
  expect(error).toMatchObject({
    code: 'source-unreachable',
    message: expect.stringContaining('40001'),
    cure: expect.stringContaining('standby'),
  });
});

test('an error of ours passes as it is', () => {
  const first = mapDatabaseError(new Error('x'), 'first');
  expect(mapDatabaseError(first, 'second')).toBe(first);
});
