import { expect, test } from 'vitest';
import { decodeTableDdl, encodeTableDdl, tableDdlDigest } from '../../src/archive/table-ddl.ts';
import type { TableDdl } from '../../src/postgres/schema-dump.ts';

const of = { kind: 'table', schema: 'public', name: 'ö "t"' } as const;
const ddl: TableDdl = {
  schema: 'public',
  name: 'ö "t"',
  extensions: [{ name: 'citext', version: '1.8' }],
  statements: [
    { kind: 'table', object: of, of, sql: 'CREATE TABLE …', restoredByDefault: true, requires: [] },
    { kind: 'owner', object: of, of, sql: 'ALTER TABLE …', restoredByDefault: false, requires: [] },
  ],
};

test('archived DDL reads back as it was', () => {
  expect(decodeTableDdl(encodeTableDdl(ddl), tableDdlDigest(ddl))).toEqual(ddl);
});

test('equal DDL has equal bytes, whatever the order of its properties', () => {
  const { statements, ...rest } = ddl;
  const turned = statements.map((each) => Object.fromEntries(Object.entries(each).toReversed()));
  const other = { statements: turned, ...rest } as unknown as TableDdl;
  expect(JSON.stringify(other)).not.toBe(JSON.stringify(ddl));
  expect(encodeTableDdl(other)).toEqual(encodeTableDdl(ddl));
});

test('the order of statements and the version of an extension count', () => {
  const turned = { ...ddl, statements: ddl.statements.toReversed() };
  const updated = { ...ddl, extensions: [{ name: 'citext', version: '1.9' }] };
  expect(new Set([ddl, turned, updated].map(tableDdlDigest)).size).toBe(3);
});

test('one changed byte is noticed', () => {
  const bytes = encodeTableDdl(ddl);
  bytes[20]! ^= 1;
  expect(() => decodeTableDdl(bytes, tableDdlDigest(ddl))).toThrow(
    expect.objectContaining({ code: 'integrity' }),
  );
});
