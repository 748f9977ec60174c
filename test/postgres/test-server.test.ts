import { expect, test } from 'vitest';
import { createTestDatabase, runSql } from './test-server.ts';

test('every test database is its own, in UTF-8', async () => {
  const [first, second] = await Promise.all([createTestDatabase(), createTestDatabase('dä ta base')]);
  await runSql(first, 'CREATE TABLE only_here (a int)');
  const rows = await runSql(
    second,
    `SELECT to_regclass('only_here') AS found, current_database() AS name,
    current_setting('server_encoding') AS encoding`,
  );
  expect(rows).toEqual([{ found: null, name: 'dä ta base', encoding: 'UTF8' }]);
});
