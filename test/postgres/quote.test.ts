import { expect, inject, test } from 'vitest';
import { quoteIdentifier, quoteLiteral } from '../../src/postgres/quote.ts';
import { runSql } from './test-server.ts';

test.each([
  'We"ird.name/../x é',
  ' ',
  'select',
  '$$',
  String.raw`back\slash`,
  "a'b",
  'new\nline',
  '🦆',
  '--',
  ';',
])('B51: the server reads %j back as it was', async (name) => {
  const rows = await runSql(
    inject('postgresUrl'),
    `SELECT ${quoteIdentifier(name)} AS value FROM (SELECT ${quoteLiteral(name)}::text AS ${quoteIdentifier(name)}) AS x`,
  );
  expect(rows).toEqual([{ value: name }]);
});
